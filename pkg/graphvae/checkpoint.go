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
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

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
// not be the one it was trained on. Weights that do not fit the model as it is
// now are ErrOutdated.
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
	if err := m.fits(weights); err != nil {
		return nil, fmt.Errorf("graphvae: load: %s: %w", dir, err)
	}
	if err := m.restore(weights); err != nil {
		return nil, fmt.Errorf("graphvae: load: %w", err)
	}
	return m, nil
}

// LoadCheckpoint reads what a training that was interrupted, or is still at work,
// has left in Training.Checkpoint: a model with the best weights so far, to run on
// the given backend, and the epochs that were done. To go on with the training,
// ask for it again as before (see Train); this is for what cannot wait. A folder
// without a checkpoint is fs.ErrNotExist, one of another version of the model
// ErrOutdated.
func LoadCheckpoint(backend Backend, dir string) (*Model, []Epoch, error) {
	head, arrays, err := readCheckpoint(dir, "training")
	if err != nil {
		return nil, nil, fmt.Errorf("graphvae: load checkpoint: %w", err)
	}
	m, err := New(backend, head.Config, seed.Seed(0))
	if err != nil {
		return nil, nil, err
	}
	best, err := readSnapshot(arrays, "best", nil)
	if err == nil {
		err = m.fits(best)
	}
	if err == nil {
		err = m.restore(best)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("graphvae: load checkpoint: %s: %w", dir, err)
	}
	return m, head.Epochs, nil
}
