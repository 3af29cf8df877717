package nullmodel

// registry is in the order of tables: each null is followed by those that keep more.
var registry = []Model{
	er, reciprocalER, configuration, degreeReciprocal, sbm, dcsbm,
	distance, classDistance, distanceDegree, distanceDegreeExact, bishuffled,
}
