package seed

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Seed is the one number from which an experiment's randomness follows.
type Seed uint64

// Stream returns the generator named by label and index. Two calls with the
// same arguments return generators that give the same numbers; calls that
// differ in any argument give unrelated ones.
func (s Seed) Stream(label string, index ...int) *rand.Rand {
	return rand.New(rand.NewChaCha8(s.digest("stream", label, index)))
}

// Sub returns the seed of a part of the experiment, such as a replicate, from
// which that part draws its own streams.
func (s Seed) Sub(label string, index ...int) Seed {
	d := s.digest("sub", label, index)
	return Seed(binary.LittleEndian.Uint64(d[:8]))
}

func (s Seed) digest(kind, label string, index []int) [32]byte {
	h := sha256.New()
	var word [8]byte
	put := func(x uint64) {
		binary.LittleEndian.PutUint64(word[:], x)
		h.Write(word[:])
	}
	put(uint64(s))
	for _, text := range []string{kind, label} {
		put(uint64(len(text)))
		h.Write([]byte(text))
	}
	for _, i := range index {
		put(uint64(i))
	}
	return [32]byte(h.Sum(nil))
}
