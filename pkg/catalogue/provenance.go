package catalogue

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

const (
	provenanceFile = "provenance.json"
	partSuffix     = ".part"
)

// Root returns the folder in which datasets are kept: datasets in CORTIGEN_CACHE
// or, where that is not set, in the user's cache folder.
func Root() (string, error) {
	store, err := artifact.Default()
	if err != nil {
		return "", fmt.Errorf("catalogue: %w", err)
	}
	return filepath.Join(store.Dir(), "datasets"), nil
}

// Provenance says where the files of a fetched dataset come from: its
// provenance.json.
type Provenance struct {
	Name    string     `json:"name"`
	Title   string     `json:"title"`
	Version int        `json:"version"` // of the entry
	Fetched time.Time  `json:"fetched"` // UTC
	Licence Licence    `json:"licence"`
	Cite    []Citation `json:"cite"`
	Format  string     `json:"format"`
	Open    string     `json:"open,omitempty"`
	Note    string     `json:"note,omitempty"`
	Files   []Kept     `json:"files"`
}

// Kept is one file of a fetched dataset.
type Kept struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// From is the URL or package it came from, with the member of an archive
	// after '#', or the files it was made of.
	From string `json:"from"`
	// Checked says against what the bytes were checked when they came.
	Checked string `json:"checked"`
}

// Values of Kept.Checked.
const (
	CheckedSHA256 = "SHA-256 in the catalogue"
	CheckedMD5    = "MD5 in the catalogue"
	CheckedSeen   = "SHA-256 seen at an earlier fetch"
	FirstSeen     = "nothing: no checksum was known, and these bytes were the first seen"
	MadeHere      = "made here"
)

// ErrNoProvenance means that a folder was not made by a fetch.
var ErrNoProvenance = errors.New("no " + provenanceFile + ": not a fetched dataset")

// ReadProvenance reads the provenance.json of a dataset's folder; ErrNoProvenance
// where there is none.
func ReadProvenance(dir string) (Provenance, error) {
	var p Provenance
	data, err := os.ReadFile(filepath.Join(dir, provenanceFile))
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("catalogue: %s: %w", dir, ErrNoProvenance)
	} else if err != nil {
		return p, fmt.Errorf("catalogue: %w", err)
	}
	if err := artifact.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("catalogue: %s: %w", filepath.Join(dir, provenanceFile), err)
	}
	return p, nil
}

// Find returns the path that connectome.Open reads for the name of a dataset that
// was fetched into [Root], and whether there is one. It reads no file but
// provenance.json.
func Find(name string) (path string, ok bool) {
	root, err := Root()
	if err != nil || !plainName.MatchString(name) {
		return "", false
	}
	dir := filepath.Join(root, name)
	p, err := ReadProvenance(dir)
	if err != nil || p.Name != name || p.Open != "" && !plainFile.MatchString(p.Open) {
		return "", false
	}
	return filepath.Join(dir, p.Open), true
}

// State is what became of a file since it was fetched.
type State string

// States of a file.
const (
	Whole   State = "ok"
	Missing State = "missing"
	Changed State = "changed"
	Extra   State = "not from the fetch" // no fault: a user may add files
)

// Finding is the state of one file; Detail tells what differs.
type Finding struct {
	File   string
	State  State
	Detail string
}

// Check compares the files of a fetched dataset with its provenance, reading every
// byte. Its error is for what could not be checked; a file that is missing or has
// changed is a finding. Findings come in the order of the provenance, files that
// are not from the fetch last. progress may be nil.
func Check(ctx context.Context, dir string, progress func(Event)) (Provenance, []Finding, error) {
	p, err := ReadProvenance(dir)
	if err != nil {
		return p, nil, err
	}
	known := map[string]bool{provenanceFile: true}
	var findings []Finding
	for _, k := range p.Files {
		if !filepath.IsLocal(k.File) {
			return p, nil, fmt.Errorf("catalogue: %s names the file %q, which is not in its folder: the provenance was changed", dir, k.File)
		}
		known[k.File] = true
		finding, err := k.check(ctx, dir, progress)
		if err != nil {
			return p, findings, err
		}
		findings = append(findings, finding)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return p, findings, fmt.Errorf("catalogue: %w", err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			findings = append(findings, Finding{File: e.Name(), State: Extra})
		}
	}
	return p, findings, nil
}

func (k Kept) check(ctx context.Context, dir string, progress func(Event)) (Finding, error) {
	path := filepath.Join(dir, k.File)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Finding{File: k.File, State: Missing, Detail: "fetch the dataset again"}, nil
	case err != nil:
		return Finding{}, fmt.Errorf("catalogue: check: %w", err)
	case info.Size() != k.Size:
		return Finding{File: k.File, State: Changed, Detail: fmt.Sprintf("%d bytes, not %d", info.Size(), k.Size)}, nil
	}
	sum, err := sumFile(ctx, path, report(progress, k.File, Verifying, k.Size))
	if err != nil {
		return Finding{}, err
	}
	if sum.sha256 != k.SHA256 {
		return Finding{File: k.File, State: Changed, Detail: fmt.Sprintf("SHA-256 %s, not %s", sum.sha256, k.SHA256)}, nil
	}
	return Finding{File: k.File, State: Whole}, nil
}

// sums of a file.
type sums struct {
	size        int64
	sha256, md5 string
}

// sumFile reads a file and returns its checksums; progress is told the bytes read.
func sumFile(ctx context.Context, path string, progress func(done int64)) (sums, error) {
	f, err := os.Open(path)
	if err != nil {
		return sums{}, fmt.Errorf("catalogue: %w", err)
	}
	defer f.Close()
	sha, old := sha256.New(), md5.New()
	var s sums
	buffer := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return sums{}, err
		}
		n, err := f.Read(buffer)
		sha.Write(buffer[:n])
		old.Write(buffer[:n])
		s.size += int64(n)
		progress(s.size)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return sums{}, fmt.Errorf("catalogue: %w", err)
		}
	}
	s.sha256, s.md5 = hex.EncodeToString(sha.Sum(nil)), hex.EncodeToString(old.Sum(nil))
	return s, nil
}

// seen is what the first fetch from a place saw, where the catalogue has no
// checksum.
type seen struct {
	From   string    `json:"from"`
	Size   int64     `json:"size"`
	SHA256 string    `json:"sha256"`
	When   time.Time `json:"when"`
}

// seenFile is where what was seen at a place is kept.
func seenFile(root, from string) string {
	sum := sha256.Sum256([]byte(from))
	return filepath.Join(root, ".seen", hex.EncodeToString(sum[:12])+".json")
}

// ErrReplaced means that the bytes at an address are not those of an earlier fetch.
var ErrReplaced = errors.New("other bytes than at an earlier fetch")

// trust compares what came from a place with what the first fetch saw there, which
// it records where this is the first.
func trust(root, from string, got sums) (checked string, err error) {
	path := seenFile(root, from)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = artifact.Marshal(seen{From: from, Size: got.size, SHA256: got.sha256, When: time.Now().UTC()})
		if err == nil {
			err = artifact.WriteFile(path, data)
		}
		return FirstSeen, err
	} else if err != nil {
		return "", fmt.Errorf("catalogue: %w", err)
	}
	var before seen
	if err := artifact.Unmarshal(data, &before); err != nil {
		return "", fmt.Errorf("catalogue: %s: %w: delete it to trust the next fetch again", path, err)
	}
	if before.SHA256 != got.sha256 {
		return "", fmt.Errorf("catalogue: %s: %w: %d bytes with SHA-256 %s; on %s there were %d with %s: the publisher replaced the file, or someone between did; to accept it, delete %s and fetch again",
			from, ErrReplaced, got.size, got.sha256, before.When.Format(time.DateOnly), before.Size, before.SHA256, path)
	}
	return CheckedSeen, nil
}

// unsafePath says why a path within an archive is not one to unpack, "" where it is.
func unsafePath(path string) string {
	switch {
	case path == "":
		return "an empty path"
	case strings.ContainsAny(path, "\\:\x00"):
		return "a path with a backslash, colon or NUL"
	case strings.HasPrefix(path, "/"):
		return "an absolute path"
	case slices.Contains(strings.Split(path, "/"), ".."):
		return "a path that leads out of its folder"
	}
	return ""
}
