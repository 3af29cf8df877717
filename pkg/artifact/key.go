package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"

	"github.com/cortigen/cortigen/pkg"
)

// Key is all that a result depends on. Two runs with equal keys would compute
// the same bits.
type Key struct {
	// Kind names the computation: "graphvae.train", "experiment.steering".
	Kind string `json:"kind"`
	// Config is the configuration, as JSON.
	Config rawJSON `json:"config"`
	// Data is the checksum of the data, or the key hash of the results, that
	// the computation started from.
	Data []string `json:"data,omitempty"`
	// Seed of the experiment.
	Seed uint64 `json:"seed"`
	// Backend that did the arithmetic, such as "xla:cpu" or "go"; empty where
	// none was used.
	Backend string `json:"backend,omitempty"`
	// Packages are the roots of the sources that count, such as "pkg/graphvae";
	// what they import counts too.
	Packages []string `json:"packages"`
	// Sources is the digest of those sources, as compiled into the program.
	Sources string `json:"sources"`
	// Arch is the processor architecture, since the last bits depend on it.
	Arch string `json:"arch"`
	// Go is the toolchain with its experiments (GOEXPERIMENT), for the same
	// reason.
	Go string `json:"go"`
}

// rawJSON is JSON that is already encoded.
type rawJSON string

// MarshalJSON returns the text itself.
func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// UnmarshalJSON keeps the text.
func (r *rawJSON) UnmarshalJSON(data []byte) error {
	*r = rawJSON(data)
	return nil
}

// NewKey fills in what a program knows of itself: the digest of the given
// packages' sources, the architecture and the toolchain.
func NewKey(kind string, config any, seed uint64, backend string, packages []string, data ...string) (Key, error) {
	text, err := Marshal(config)
	if err != nil {
		return Key{}, err
	}
	sources, err := pkg.SourceDigest(packages...)
	if err != nil {
		return Key{}, fmt.Errorf("artifact: key of %s: %w", kind, err)
	}
	return Key{
		Kind: kind, Config: rawJSON(text), Data: data, Seed: seed, Backend: backend,
		Packages: packages, Sources: sources, Arch: runtime.GOARCH, Go: runtime.Version(),
	}, nil
}

// Hash returns the SHA-256 of the key in hexadecimal.
func (k Key) Hash() (string, error) {
	text, err := Marshal(k)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// current reports why a result of this key may not be served to the running
// program, or nil: other sources, another architecture or toolchain.
func (k Key) current() error {
	sources, err := pkg.SourceDigest(k.Packages...)
	switch {
	case err != nil:
		return err
	case sources != k.Sources:
		return fmt.Errorf("its sources (%v) have changed since", k.Packages)
	case k.Arch != runtime.GOARCH:
		return fmt.Errorf("it was made on %s, this is %s", k.Arch, runtime.GOARCH)
	case k.Go != runtime.Version():
		return fmt.Errorf("it was made with %s, this is %s", k.Go, runtime.Version())
	}
	return nil
}
