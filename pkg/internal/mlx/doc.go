// Package mlx is the fence around the machine-learning backends: which one is
// used, panics turned into errors, tensors turned into slices.
//
// # Which backend
//
// [Open] takes, in this order: what GOMLX_BACKEND says; XLA when a PJRT plugin
// is found, CUDA before CPU; the pure-Go backend, which is always there. A
// plugin is first tried in a child process, since a broken one does not return
// an error but kills its process; the verdict is kept beside the user's caches
// until the plugin's file changes. [Backend.Why] says in one line what was
// taken and why.
//
// # The pure-Go backend runs its operations one after another
//
// Left to itself, GoMLX's Go backend (compute v0.1.6) may run independent
// operations in parallel and hang: its worker pool can fill up with matrix
// products that each wait for a free worker of the same pool. On two cores a
// third of all runs of a small training step did not come back. Configured
// with "ops_sequential", where only the inside of one operation is parallel, it
// has never hung, so [Open] always says so, and nothing else in this project
// makes a Go backend.
//
// # What XLA frees is kept
//
// On Linux with glibc, the C allocator of a program that imports this package
// keeps what is freed, up to a GiB, and what XLA uses lies in pages of 2 MiB: a
// step of training takes 90 MB of buffers, and the system would clear them page
// by page each time.
//
// # XLA needs cgo
//
// go-xla is imported in files with a cgo build constraint only, so everything
// else builds without a C compiler, and then runs on the Go backend.
package mlx
