package steer

import (
	"context"
	"errors"
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Wirer wires the neurons of given circuits, one code a circuit, [circuits][samples].
// An Exchangeable model of package graphvae is one.
type Wirer interface {
	Dim() int
	Generate(ctx context.Context, like []*circuit.Circuit, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error)
}

// Given is a decoder that wires the neurons of several circuits, so that an answer
// does not rest on those of one: sample k of every code has the neurons of
// circuit k modulo their number.
type Given struct {
	wirer Wirer
	like  []*circuit.Circuit
}

// On returns the decoder that wires the neurons of circuits, one or more.
func On(w Wirer, like ...*circuit.Circuit) (Given, error) {
	if len(like) == 0 {
		return Given{}, errors.New("steer: on: give one circuit or more, whose neurons are to be wired")
	}
	return Given{w, like}, nil
}

// Dim returns the number of dimensions of a code.
func (g Given) Dim() int { return g.wirer.Dim() }

// Decode draws circuits of each code, [codes][samples].
func (g Given) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	used := min(len(g.like), samples)
	if used < 1 {
		return nil, fmt.Errorf("steer: on: %d samples: ask for 1 or more", samples)
	}
	like, codes := make([]*circuit.Circuit, 0, len(z)*used), make([][]float64, 0, len(z)*used)
	for _, code := range z {
		for _, c := range g.like[:used] {
			like, codes = append(like, c), append(codes, code)
		}
	}
	wired, err := g.wirer.Generate(ctx, like, codes, (samples+used-1)/used, s)
	if err != nil {
		return nil, err
	}
	if len(wired) != len(like) {
		return nil, fmt.Errorf("steer: on: %d sets of circuits for %d", len(wired), len(like))
	}
	all := make([][]*circuit.Circuit, len(z))
	for i := range z {
		for k := range samples { // what was drawn beyond is left over
			all[i] = append(all[i], wired[i*used+k%used][k/used])
		}
	}
	return all, nil
}
