package graphvae

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/seed"
)

//go:embed pretrained
var pretrained embed.FS

// pretrainedVersion changes when weights of the same names and shapes no longer
// mean what they did.
const pretrainedVersion = 1

// maxPretrained is the most bytes of weights that are shipped: every clone and
// every compiled cell carries them.
const maxPretrained = 2 << 20

// Made says how the pretrained model was made, and what it reaches.
type Made struct {
	// On names the training circuits, Command what was run, Backend what it ran
	// on, Steps how many gradient steps were taken.
	On      string `json:"on"`
	Command string `json:"command"`
	Backend string `json:"backend"`
	Steps   int    `json:"steps"`
	// Bound is −ELBO in nats per observed ordered pair, the mean over so many
	// held-out circuits, with one draw of the codes; ClassDistance what a table of
	// connection probability by class and distance costs on the same.
	HeldOut       int     `json:"held_out"`
	Bound         float64 `json:"bound_nats_per_pair"`
	ClassDistance float64 `json:"class_distance_nats_per_pair"`
}

// shipment is the head of a pretrained model, beside its weights.
type shipment struct {
	Version int `json:"version"`
	// Sum is the SHA-256 of the head itself, with zeros in this place; Weights
	// that of the weights.
	Sum     string `json:"sum"`
	Weights string `json:"weights"`
	Made    Made   `json:"made"`
}

// headFile is its name.
const headFile = "model.json"

var noSum = strings.Repeat("0", 2*sha256.Size)

// weightsFile names the weights of a head.
func (s shipment) weightsFile() string { return "weights-" + s.Weights[:16] + ".npz" }

// Pretrained returns the Exchangeable model that ships with this package, with
// what is known of how it was made. It was trained on independent circuits of the
// embedded cortex of 81 to 100 neurons (cortex.Circuits); [Made] has the command,
// and the bound that it reaches beside that of class × distance. It takes a few
// milliseconds and no training: for trying things out, and for notebooks. Tissue
// other than the cortex has classes that it does not know.
//
// Weights that do not fit the model as this program has it are ErrOutdated,
// files that are not what was written artifact.ErrDamaged. Both are put right by
//
//	go run ./figures -pretrained
func Pretrained(backend Backend) (*Model, Made, error) {
	dir, err := fs.Sub(pretrained, "pretrained")
	if err != nil {
		return nil, Made{}, fmt.Errorf("graphvae: pretrained: %w", err)
	}
	return LoadPretrained(backend, dir)
}

// LoadPretrained is Pretrained of a folder that SavePretrained wrote.
func LoadPretrained(backend Backend, dir fs.FS) (*Model, Made, error) {
	m, made, err := loadPretrained(backend, dir)
	if err != nil {
		return nil, Made{}, fmt.Errorf("graphvae: pretrained: %w: make the model again: go run ./figures -pretrained", err)
	}
	return m, made, nil
}

func loadPretrained(backend Backend, dir fs.FS) (*Model, Made, error) {
	head, data, err := readShipment(dir)
	if err != nil {
		return nil, Made{}, err
	}
	config, weights, err := decodeWeights(data)
	if err != nil {
		return nil, Made{}, err
	}
	m, err := New(backend, config, seed.Seed(0))
	if err != nil {
		return nil, Made{}, fmt.Errorf("%w: %w", ErrOutdated, err)
	}
	if err := m.fits(weights); err != nil {
		return nil, Made{}, err
	}
	return m, head.Made, m.restore(weights)
}

// readShipment reads a head and the bytes of its weights. What has the right
// sums but is not understood was written by another version.
func readShipment(dir fs.FS) (head shipment, weights []byte, err error) {
	text, err := fs.ReadFile(dir, headFile)
	if err != nil {
		return head, nil, err
	}
	// Another version may have other fields, so these are read by themselves.
	var first struct {
		Version int    `json:"version"`
		Sum     string `json:"sum"`
	}
	if err := json.Unmarshal(text, &first); err != nil {
		return head, nil, fmt.Errorf("%s: %w: %w", headFile, artifact.ErrDamaged, err)
	}
	if len(first.Sum) != len(noSum) || sumOf(text, first.Sum) != first.Sum {
		return head, nil, fmt.Errorf("%s does not have the checksum it was written with: %w", headFile, artifact.ErrDamaged)
	}
	if first.Version != pretrainedVersion {
		return head, nil, fmt.Errorf("%w: it is of version %d, this program's is %d", ErrOutdated, first.Version, pretrainedVersion)
	}
	if err := artifact.Unmarshal(text, &head); err != nil {
		return head, nil, fmt.Errorf("%w: %s: %w", ErrOutdated, headFile, err)
	}
	file := head.weightsFile()
	if weights, err = fs.ReadFile(dir, file); err != nil {
		return head, nil, fmt.Errorf("%w: %w", artifact.ErrDamaged, err)
	}
	if sum := sha256.Sum256(weights); hex.EncodeToString(sum[:]) != head.Weights {
		return head, nil, fmt.Errorf("%s does not have the checksum it was written with: %w", file, artifact.ErrDamaged)
	}
	return head, weights, nil
}

// sumOf returns the checksum of a head in which sum stands.
func sumOf(text []byte, sum string) string {
	digest := sha256.Sum256(bytes.Replace(text, []byte(sum), []byte(noSum), 1))
	return hex.EncodeToString(digest[:])
}

// SavePretrained writes the model for LoadPretrained: its weights under their
// checksum, then the head that names them, each whole or not at all, so that a
// program that is stopped leaves the model of before or this one. Weights of
// more than 2 MiB are an error.
func (m *Model) SavePretrained(dir string, made Made) error {
	if err := m.savePretrained(dir, made); err != nil {
		return fmt.Errorf("graphvae: save pretrained: %w", err)
	}
	return nil
}

func (m *Model) savePretrained(dir string, made Made) error {
	weights, err := m.encodeWeights()
	if err != nil {
		return err
	}
	if len(weights) > maxPretrained {
		return fmt.Errorf("the weights take %d bytes, more than %d: train a smaller model", len(weights), maxPretrained)
	}
	sum := sha256.Sum256(weights)
	head := shipment{Version: pretrainedVersion, Sum: noSum, Weights: hex.EncodeToString(sum[:]), Made: made}
	text, err := artifact.Marshal(head)
	if err != nil {
		return err
	}
	text = bytes.Replace(text, []byte(noSum), []byte(sumOf(text, noSum)), 1)
	if err := artifact.WriteFile(filepath.Join(dir, head.weightsFile()), weights); err != nil {
		return err
	}
	if err := artifact.WriteFile(filepath.Join(dir, headFile), text); err != nil {
		return err
	}
	return removeFiles(dir, func(file string) bool {
		return strings.TrimPrefix(file, ".") != headFile && file != head.weightsFile() &&
			(strings.HasPrefix(file, "weights-") || strings.HasPrefix(file, "."))
	})
}
