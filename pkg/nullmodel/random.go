package nullmodel

import (
	"math/bits"
	"math/rand/v2"
)

// below draws uniform numbers below a bound of up to 2³², two from one word, by
// multiplication and, in one of 2³²/bound cases, drawing again
// (Lemire 2019, doi:10.1145/3230636).
type below struct {
	bound  uint64
	reject uint32 // products with a lower half below this are drawn again
}

func newBelow(bound int) below {
	if bound <= 0 {
		return below{}
	}
	return below{uint64(bound), -uint32(bound) % uint32(bound)}
}

func (b below) two(rng *rand.Rand) (int, int) {
	for {
		word := rng.Uint64()
		x, y := word>>32*b.bound, word&(1<<32-1)*b.bound
		if uint32(x) >= b.reject && uint32(y) >= b.reject {
			return int(x >> 32), int(y >> 32)
		}
	}
}

// choose returns count of the numbers below of, ascending: every set is equally
// likely. It draws count numbers (Floyd, in Bentley & Floyd 1987,
// doi:10.1145/30401.315746) and passes over of/64 words.
func choose(rng *rand.Rand, count, of int) []int {
	set := make([]uint64, (of+63)/64)
	for j := of - count; j < of; j++ {
		k := rng.IntN(j + 1)
		if set[k/64]>>(k%64)&1 == 1 {
			k = j
		}
		set[k/64] |= 1 << (k % 64)
	}
	chosen := make([]int, 0, count)
	for w, word := range set {
		for ; word != 0; word &= word - 1 {
			chosen = append(chosen, 64*w+bits.TrailingZeros64(word))
		}
	}
	return chosen
}
