// Package seed turns one experiment seed into named, independent streams of
// random numbers.
//
// A stream is named by what it is for and, where there are many alike, by an
// index: the columns of a cut, the circuits of a decoded batch. It depends on
// nothing else, so neither the order in which streams are asked for nor the
// number of threads that use them can change a result. Streams are ChaCha8
// generators keyed by a SHA-256 digest of seed, label and index (ours).
package seed
