// Package outside brings tests what the repository does not hold: real
// reconstructions, reference values of other libraries, and those libraries
// themselves, each in a Python environment of its own.
//
// # Story
//
//	pack := outside.Pack(t, "microns-pinky100-v185")          // a folder, or the test is skipped by name
//	python := outside.Python(t, "testdata/peers/scale.txt")   // made once a machine
//	printed := outside.Run(t, python, "testdata/peers/scale.py", "load")
//	worker := outside.StartWorker(t, exec.Command(python, "testdata/peers/scale.py"))   // timed in turns with ours
//
// # Conventions
//
// Packs are looked for in CORTIGEN_DATA, by default shared/data beside the
// repository. Environments live under the user's cache folder, one for each list
// of hashed requirements and each version of Python. Making one takes the network
// and a minute, so tests that ask for one run where CORTIGEN_SLOW is set, as in
// continuous integration. Only tests import this package.
package outside
