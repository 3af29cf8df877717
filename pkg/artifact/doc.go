// Package artifact keeps results on disk so that an expensive number is made
// once, and so that an old number is never served for a new question.
//
// # Story
//
// A result is a pure function of what went in: configuration, data, seed,
// backend, the sources that computed it and the machine's arithmetic. [Key]
// lists those; its hash names a folder that holds
//
//	key.json    what went in, and the SHA-256 of the files beside it
//	value.json  the result; an undefined number (NaN) is null
//	arrays.npz  matrices and vectors, as numpy opens them
//
// [Do] returns the stored result when there is one and makes it otherwise:
//
//	report, err := artifact.Do(ctx, store, key, func(ctx context.Context) (Report, error) { … })
//
// A name points at the newest result of its kind, so that a program that only
// draws can ask for "cortex/quick/reconstruction" without linking what made it.
// [Load] refuses to follow a name whose result was made by other sources, or
// with other switches, than those of the program that asks.
//
// # Promises
//
//   - Writes are atomic: a folder is filled under another name and renamed.
//   - A damaged entry is an error where it is asked for by name, and is made
//     again where [Do] knows how.
//   - JSON objects have a fixed key order; the same value gives the same bytes.
//
// The layout and the choice of what goes into a key are ours.
package artifact
