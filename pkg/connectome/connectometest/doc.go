// Package connectometest is what every format of package connectome must pass.
// A new one joins by one line in connectome's tests:
//
//	connectometest.Test(t, connectometest.Kit{Format: "graphml", Lay: connectometest.Saved("graphml")})
//
// and, since files come from strangers, by one in a fuzz target:
//
//	func FuzzGraphML(f *testing.F) { connectometest.Fuzz(f, kit) }
//
// The kit lays a small reconstruction out in files, as other software would,
// and asks that Open tells the format, loses nothing that the format can hold,
// keeps 64-bit ids to the last digit, counts what it leaves out, notices a
// cancelled context, is the same on any number of cores, and meets damaged
// files with errors, not with panics, silence or memory.
package connectometest
