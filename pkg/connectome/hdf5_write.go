package connectome

import (
	"encoding/binary"
	"fmt"
	"math"
)

// group asks for a group with attributes.
func (h *hdf5) group(file int, path string, attrs map[string]any) error {
	return h.done(map[string]any{"op": "group", "file": file, "path": path, "attrs": attrs}, path)
}

// done sends a request whose answer is only that it was done.
func (h *hdf5) done(request map[string]any, path string) error {
	if err := h.request(request); err != nil {
		return err
	}
	return h.doneWriting(request["file"], path)
}

func (h *hdf5) doneWriting(file any, path string) error {
	k, _ := file.(int)
	var done struct {
		Done bool `json:"done"`
	}
	if err := h.answer(&done, h.name(k), path); err != nil {
		return err
	}
	if !done.Done {
		return h.lost(fmt.Errorf("%s was not written", path))
	}
	return nil
}

// finish closes the files and checks that the script ends well.
func (h *hdf5) finish(err error) error {
	if err == nil {
		err = h.done(map[string]any{"op": "close"}, "")
	}
	return h.close(err)
}

// writeInts writes integers as the HDF5 type as, such as "u8" or "i4".
func (h *hdf5) writeInts(file int, path, as string, values []int64, width int, attrs map[string]any) error {
	return h.write(file, path, "i8", as, len(values), width, attrs, func(b []byte, k int) []byte {
		return binary.LittleEndian.AppendUint64(b, uint64(values[k]))
	})
}

func (h *hdf5) writeFloats(file int, path string, values []float64, attrs map[string]any) error {
	return h.write(file, path, "f8", "f8", len(values), 1, attrs, func(b []byte, k int) []byte {
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(values[k]))
	})
}

func (h *hdf5) writeTexts(file int, path string, values []string, attrs map[string]any) error {
	return h.write(file, path, "text", "", len(values), 1, attrs, func(b []byte, k int) []byte {
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(values[k]))), values[k]...)
	})
}

// write sends a dataset: its values in blocks.
func (h *hdf5) write(file int, path, dtype, as string, values, width int, attrs map[string]any, add func([]byte, int) []byte) error {
	shape := []int{values}
	if width > 1 {
		shape = []int{values / width, width}
	}
	op := "write"
	if h.frames {
		op = "column"
	}
	request := map[string]any{"op": op, "file": file, "path": path, "dtype": dtype, "as": as, "shape": shape, "attrs": attrs}
	if err := h.request(request); err != nil {
		return err
	}
	const most = 1 << 20
	block := make([]byte, 4, most)
	send := func() error {
		binary.LittleEndian.PutUint32(block, uint32(len(block)-4))
		if _, err := h.requests.Write(block); err != nil {
			return h.lost(err)
		}
		block = block[:4]
		return nil
	}
	for k := range values {
		if block = add(block, k); len(block) > most/2 {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(block) > 4 {
		if err := send(); err != nil {
			return err
		}
	}
	if err := send(); err != nil { // a length of 0 ends them
		return err
	}
	return h.doneWriting(file, path)
}
