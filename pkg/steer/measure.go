package steer

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/spelling"
	"github.com/cortigen/cortigen/pkg/structure"
)

// ClassPair names the density of edges from neurons of one class to those of
// another, or of the same: "density.<pre>-><post>". Wherever this package takes the
// name of a measure it takes such a name too; package structure has these densities
// as ClassPairs, since what classes there are depends on the data.
func ClassPair(pre, post circuit.Class) string {
	return fmt.Sprintf("%s%s%s%s", pairPrefix, pre, pairArrow, post)
}

const pairPrefix, pairArrow = "density.", "->"

// classPair takes a name apart; false where it is none of a class pair.
func classPair(name string) (pre, post circuit.Class, ok bool) {
	pair, ok := strings.CutPrefix(name, pairPrefix)
	if !ok {
		return "", "", false
	}
	a, b, ok := strings.Cut(pair, pairArrow)
	return circuit.Class(a), circuit.Class(b), ok
}

// Profiles returns the named measures of circuits, those of package structure and
// densities between classes, as structure.Profiles does: rows are circuits, NaN is
// undefined. An unknown name is an error that has the nearest.
func Profiles(ctx context.Context, circuits []*circuit.Circuit, names ...string) (structure.Table, error) {
	for _, name := range names {
		if _, err := rangeOf(name, nil); err != nil {
			return structure.Table{}, fmt.Errorf("steer: measure: %w", err)
		}
	}
	table := structure.Table{Names: slices.Clone(names), Rows: make([][]float64, len(circuits))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range circuits {
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("steer: measure: %w", err)
			}
			table.Rows[i], err = profile(c, names)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return structure.Table{}, err
	}
	return table, nil
}

// profile returns measures of one circuit, whose names are known.
func profile(c *circuit.Circuit, names []string) ([]float64, error) {
	values := make([]float64, len(names))
	var plain []string
	var at []int
	var pairs []structure.ClassPair
	for k, name := range names {
		pre, post, ok := classPair(name)
		if !ok {
			plain, at = append(plain, name), append(at, k)
			continue
		}
		if pairs == nil {
			pairs = structure.ClassPairs(c)
		}
		values[k] = densityOf(pairs, pre, post)
	}
	if len(plain) == 0 {
		return values, nil
	}
	p, err := structure.NewProfile(c, plain...)
	if err != nil {
		return nil, fmt.Errorf("steer: measure: %w", err)
	}
	for k, value := range p.Values {
		values[at[k]] = value
	}
	return values, nil
}

// densityOf is NaN of classes that do not occur.
func densityOf(pairs []structure.ClassPair, pre, post circuit.Class) float64 {
	for _, p := range pairs {
		if p.Pre == pre && p.Post == post {
			return p.Density
		}
	}
	return math.NaN()
}

// rangeOf returns the least and the greatest value that a measure can have. The
// error of an unknown one has the nearest name, among those of package structure
// and others that are known.
func rangeOf(name string, known []string) (span [2]float64, err error) {
	if _, _, ok := classPair(name); ok {
		return [2]float64{0, 1}, nil
	}
	if m, err := structure.Find(name); err == nil {
		return [2]float64{m.Min, m.Max}, nil
	}
	names := slices.Clone(known)
	for _, m := range structure.Measures() {
		names = append(names, m.Name)
	}
	return span, fmt.Errorf("there is no measure %q: did you mean %q?", name, spelling.Nearest(name, names))
}
