package catalogue

import (
	"io"
	"os"
	"syscall"
)

// Tests of errors by kind, and of a disk with little room.

// Disk makes a fetcher write to a disk with the given room: free is what the file
// system says, -1 that it does not say; capacity is how many bytes can be written
// before it is full. Written bytes are subtracted from capacity.
func (f *Fetcher) Disk(free int64, capacity *int64) {
	f.disk = &system{
		free: func(string) (int64, bool) { return free, free >= 0 },
		open: func(path string) (file, error) {
			real, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
			return &fullDisk{real, capacity}, err
		},
	}
}

type fullDisk struct {
	*os.File
	left *int64
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if int64(len(p)) <= *d.left {
		*d.left -= int64(len(p))
		return d.File.Write(p)
	}
	n, err := d.File.Write(p[:*d.left])
	*d.left = 0
	if err == nil {
		err = &os.PathError{Op: "write", Path: d.Name(), Err: syscall.ENOSPC}
	}
	return n, err
}

var _ io.Writer = (*fullDisk)(nil)

var UnsafePath = unsafePath
