package graphvae

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
)

// snapshot is a copy of variables, by path.
type snapshot map[string]saved

// saved is one variable. Scalars, such as the optimiser's step, are vectors of
// one with no dimensions.
type saved struct {
	dimensions []int
	values     []float32
}

// isWeight tells trained weights from the optimiser's state.
func isWeight(v *model.Variable) bool { return strings.HasPrefix(v.Path(), weightScope) }

// isState tells what training goes on from. GoMLX keeps a global step as an
// integer, which nothing here reads, so floats are all.
func isState(v *model.Variable) bool { return v.DType().IsFloat() }

// snapshot copies the variables that keep says.
func (m *Model) snapshot(keep func(*model.Variable) bool) (snapshot, error) {
	s := snapshot{}
	for v := range m.store.IterVariables() {
		if !keep(v) {
			continue
		}
		t, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("weight %s: %w", v.Path(), err)
		}
		values, err := mlx.Floats(t)
		if err != nil {
			return nil, fmt.Errorf("weight %s: %w", v.Path(), err)
		}
		s[v.Path()] = saved{dimensions: v.Shape().Dimensions, values: values}
	}
	return s, nil
}

// restore sets variables from a snapshot, making those of the optimiser where
// they do not exist yet.
func (m *Model) restore(s snapshot) error {
	for path, value := range s {
		t := mlx.Tensor(value.values, value.dimensions...)
		v := m.store.GetVariable(path)
		if v == nil {
			created, err := m.store.CreateVariable(path, t)
			if err != nil {
				return fmt.Errorf("weight %s: %w", path, err)
			}
			created.SetTrainable(false)
			continue
		}
		if !v.Shape().Equal(t.Shape()) {
			return fmt.Errorf("weight %s has shape %s, the model's is %s: it was saved by another configuration", path, t.Shape(), v.Shape())
		}
		if err := v.SetValue(t); err != nil {
			return fmt.Errorf("weight %s: %w", path, err)
		}
	}
	return nil
}

// resetOptimiser makes Adam forget an earlier training of the same model.
func (m *Model) resetOptimiser() error {
	for v := range m.store.IterVariables() {
		if isWeight(v) || !isState(v) {
			continue
		}
		zeros := mlx.Tensor(make([]float32, v.Shape().Size()), v.Shape().Dimensions...)
		if err := v.SetValue(zeros); err != nil {
			return fmt.Errorf("optimiser's %s: %w", v.Path(), err)
		}
	}
	return nil
}

// arrays turns a snapshot into npz arrays, names prefixed.
func (s snapshot) arrays(into artifact.Arrays, prefix string) {
	for path, v := range s {
		if len(v.dimensions) != 2 {
			into[prefix+path] = v.values
			continue
		}
		wide := make([]float64, len(v.values)) // float64 holds every float32 exactly
		for i, x := range v.values {
			wide[i] = float64(x)
		}
		into[prefix+path] = mat.NewDense(v.dimensions[0], v.dimensions[1], wide)
	}
}

// readSnapshot reads back what arrays wrote. Scalars are named, since a vector
// of one looks the same.
func readSnapshot(r *artifact.ArrayReader, prefix string, scalars []string) (snapshot, error) {
	isScalar := map[string]bool{}
	for _, name := range scalars {
		isScalar[name] = true
	}
	s := snapshot{}
	for _, name := range r.Names() {
		path, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		var vector []float32
		if err := r.Read(name, &vector); err == nil {
			v := saved{dimensions: []int{len(vector)}, values: vector}
			if isScalar[path] {
				v.dimensions = nil
			}
			s[path] = v
			continue
		}
		m, err := r.Matrix(name)
		if err != nil {
			return nil, err
		}
		rows, cols := m.Dims()
		v := saved{dimensions: []int{rows, cols}, values: make([]float32, 0, rows*cols)}
		for _, x := range m.RawMatrix().Data {
			v.values = append(v.values, float32(x))
		}
		s[path] = v
	}
	return s, nil
}

// scalars lists the snapshot's variables without dimensions, sorted.
func (s snapshot) scalars() []string {
	var names []string
	for path, v := range s {
		if len(v.dimensions) == 0 {
			names = append(names, path)
		}
	}
	slices.Sort(names)
	return names
}
