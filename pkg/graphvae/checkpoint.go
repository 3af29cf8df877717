package graphvae

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
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

// checkpoint is the head of a checkpoint file; weights follow as npz.
type checkpoint struct {
	Version     int      `json:"version"`
	Fingerprint string   `json:"fingerprint"`
	Config      Config   `json:"config"`
	Scalars     []string `json:"scalars,omitempty"`
	Epochs      []Epoch  `json:"epochs,omitempty"`
	// Arrays is the SHA-256 of the npz part.
	Arrays string `json:"arrays"`
}

// checkpointVersion changes when old files can no longer be read.
const checkpointVersion = 1

// writeCheckpoint writes head and arrays as one file, atomically: a line of
// JSON would not be enough for numpy, so the npz part stands beside it under
// the checksum that the head names. The head is written last.
func writeCheckpoint(dir, name string, head checkpoint, arrays artifact.Arrays) error {
	data, err := artifact.EncodeArrays(arrays)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	head.Version, head.Arrays = checkpointVersion, hex.EncodeToString(sum[:])
	text, err := artifact.Marshal(head)
	if err != nil {
		return err
	}
	if err := artifact.WriteFile(filepath.Join(dir, head.arraysFile(name)), data); err != nil {
		return err
	}
	if err := artifact.WriteFile(filepath.Join(dir, name+".json"), text); err != nil {
		return err
	}
	return removeOldArrays(dir, name, head)
}

// arraysFile names the npz part of a checkpoint.
func (c checkpoint) arraysFile(name string) string { return name + "-" + c.Arrays[:16] + ".npz" }

// removeOldArrays removes the arrays of heads before this one.
func removeOldArrays(dir, name string, head checkpoint) error {
	return removeFiles(dir, func(file string) bool {
		return strings.HasPrefix(file, name+"-") && strings.HasSuffix(file, ".npz") && file != head.arraysFile(name)
	})
}

// removeTemporary removes what a program that was killed while it wrote left
// under temporary names.
func removeTemporary(dir, name string) error {
	return removeFiles(dir, func(file string) bool {
		return strings.HasPrefix(file, "."+name+"-") || strings.HasPrefix(file, "."+name+".json.")
	})
}

// removeFiles removes the files of a folder that unwanted names. That one of
// them, or the folder, is not there is no fault.
func removeFiles(dir string, unwanted func(file string) bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if !unwanted(entry.Name()) {
			continue
		}
		if gone := os.Remove(filepath.Join(dir, entry.Name())); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// readCheckpoint reads what writeCheckpoint wrote; fs.ErrNotExist when there is
// none.
func readCheckpoint(dir, name string) (checkpoint, *artifact.ArrayReader, error) {
	var head checkpoint
	path := filepath.Join(dir, name+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		return head, nil, err
	}
	// Another version may have other fields, so its number is read by itself.
	var only struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &only); err != nil {
		return head, nil, fmt.Errorf("%s: %w: %w", path, artifact.ErrDamaged, err)
	}
	if only.Version != checkpointVersion {
		return head, nil, fmt.Errorf("%s is of version %d, this program reads version %d", path, only.Version, checkpointVersion)
	}
	if err := artifact.Unmarshal(text, &head); err != nil {
		return head, nil, fmt.Errorf("%s: %w: %w", path, artifact.ErrDamaged, err)
	}
	if len(head.Arrays) < 16 {
		return head, nil, fmt.Errorf("%s: %w", path, artifact.ErrDamaged)
	}
	file := filepath.Join(dir, head.arraysFile(name))
	data, err := os.ReadFile(file)
	if err != nil {
		// Not fs.ErrNotExist, which says that there is no checkpoint at all.
		return head, nil, fmt.Errorf("%s: %w: %v", path, artifact.ErrDamaged, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != head.Arrays {
		return head, nil, fmt.Errorf("%s: %w", file, artifact.ErrDamaged)
	}
	r, err := artifact.DecodeArrays(data)
	return head, r, err
}

// save writes a checkpoint of the run, if one was asked for.
func (t *trainer) save() error {
	if t.cfg.Checkpoint == "" {
		return nil
	}
	now, err := t.model.snapshot(isState)
	if err != nil {
		return err
	}
	arrays := artifact.Arrays{}
	now.arrays(arrays, "now")
	t.best.arrays(arrays, "best")
	head := checkpoint{Fingerprint: t.fingerprint, Config: t.model.config, Scalars: now.scalars(), Epochs: t.state.Epochs}
	if err := writeCheckpoint(t.cfg.Checkpoint, "training", head, arrays); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// restore goes on from the checkpoint of the same run, if there is one. That
// of another run, or a damaged one, is an error: it is the user's to delete.
func (t *trainer) restore() error {
	if t.cfg.Checkpoint == "" {
		return nil
	}
	var err error
	if t.fingerprint, err = fingerprint(t); err != nil {
		return err
	}
	if err := removeTemporary(t.cfg.Checkpoint, "training"); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	head, arrays, err := readCheckpoint(t.cfg.Checkpoint, "training")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("checkpoint: %w: delete %s to start again", err, t.cfg.Checkpoint)
	}
	if head.Fingerprint != t.fingerprint {
		return fmt.Errorf("checkpoint: %s belongs to another run (other data, configuration, seed or backend): use another folder or delete it", t.cfg.Checkpoint)
	}
	if err := removeOldArrays(t.cfg.Checkpoint, "training", head); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	now, err := readSnapshot(arrays, "now", head.Scalars)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if t.best, err = readSnapshot(arrays, "best", nil); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	t.state.Epochs = head.Epochs
	return t.model.restore(now)
}

// fingerprint names a run by all that decides its course.
func fingerprint(t *trainer) (string, error) {
	h := sha256.New()
	for _, part := range []any{t.model.config, t.cfg, uint64(t.seed), t.model.backend.Name()} {
		text, err := artifact.Marshal(part)
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	for _, circuits := range [][]*circuit.Circuit{t.train, t.validation} {
		for _, c := range circuits {
			text, err := c.MarshalJSON()
			if err != nil {
				return "", err
			}
			h.Write(text)
		}
	}
	weights, err := t.model.snapshot(isWeight)
	if err != nil {
		return "", err
	}
	arrays := artifact.Arrays{}
	weights.arrays(arrays, "")
	data, err := artifact.EncodeArrays(arrays)
	if err != nil {
		return "", err
	}
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Save writes configuration and weights to a folder: model.json and an npz
// file that numpy opens.
func (m *Model) Save(dir string) error {
	weights, err := m.snapshot(isWeight)
	if err != nil {
		return fmt.Errorf("graphvae: save: %w", err)
	}
	arrays := artifact.Arrays{}
	weights.arrays(arrays, "")
	err = writeCheckpoint(dir, "model", checkpoint{Config: m.config}, arrays)
	if err = errors.Join(err, removeTemporary(dir, "model")); err != nil {
		return fmt.Errorf("graphvae: save: %w", err)
	}
	return nil
}

// Load reads a model that Save wrote, to run on the given backend, which need
// not be the one it was trained on.
func Load(backend Backend, dir string) (*Model, error) {
	head, arrays, err := readCheckpoint(dir, "model")
	if err != nil {
		return nil, fmt.Errorf("graphvae: load: %w", err)
	}
	m, err := New(backend, head.Config, seed.Seed(0))
	if err != nil {
		return nil, err
	}
	weights, err := readSnapshot(arrays, "", nil)
	if err != nil {
		return nil, fmt.Errorf("graphvae: load: %w", err)
	}
	for v := range m.store.IterVariables() {
		if _, found := weights[v.Path()]; isWeight(v) && !found {
			return nil, fmt.Errorf("graphvae: load: %s has no weight %s", dir, v.Path())
		}
	}
	if err := m.restore(weights); err != nil {
		return nil, fmt.Errorf("graphvae: load: %w", err)
	}
	return m, nil
}
