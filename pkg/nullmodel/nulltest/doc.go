// Package nulltest is what every model of package nullmodel must pass. A new one
// joins by one line:
//
//	nulltest.Run(t, model)
//
// The kit holds a model to what it declares. What it keeps Exactly is kept in
// every draw of every circuit that rapid thinks of, with unobserved rows and
// without; what it keeps in the Mean is kept within sampling error, but not in
// every draw; and what it does Not keep is off in the mean on circuits that were
// planted to have everything, so that a declaration that promises too little is
// found out as one that promises too much. Besides: inputs stay as they are, the
// same seed gives the same draws on any number of cores, a cancelled context ends
// it, and circuits that are hardly any (no neurons, no edges, complete, a single
// class, no observed row) give a surrogate or an error that says why.
//
// That a law is uniform is for each model's own tests, which can enumerate.
package nulltest
