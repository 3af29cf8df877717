package catalogue

// Stage is what a fetch or check is doing with a file.
type Stage string

// Stages of a file.
const (
	Waiting   Stage = "waiting for another fetch"
	Fetching  Stage = "fetching"
	Retrying  Stage = "trying again" // Event.Why tells the reason
	Verifying Stage = "verifying"
	Unpacking Stage = "unpacking"
	Making    Stage = "making tables"
)

// Event tells how far a file is. Total is 0 where it is unknown.
type Event struct {
	File        string
	Stage       Stage
	Done, Total int64 // bytes
	Why         error
}

// report returns a function that tells progress, which may be nil, of bytes done.
func report(progress func(Event), file string, stage Stage, total int64) func(done int64) {
	if progress == nil {
		return func(int64) {}
	}
	return func(done int64) { progress(Event{File: file, Stage: stage, Done: done, Total: total}) }
}
