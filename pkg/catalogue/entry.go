package catalogue

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/internal/spelling"
)

// Entry is one dataset: what it holds, where it is, and how to read it.
type Entry struct {
	// Name is what a user types: lower-case letters, digits, '.', '-'.
	Name  string `json:"name"`
	Title string `json:"title"`
	// Version grows when sources or tables of the entry change, so that what was
	// fetched before is known to be older.
	Version int    `json:"version"`
	Species string `json:"species"`
	Region  string `json:"region"`
	Holds   Holds  `json:"holds"`
	// Sources are fetched in order.
	Sources []Source `json:"sources"`
	// Tables says which tables are made of the files after the fetch.
	Tables  Tables  `json:"tables,omitempty"`
	Licence Licence `json:"licence"`
	// Cite lists what a publication that uses the dataset cites.
	Cite []Citation `json:"cite"`
	// Format names the reader in words.
	Format string `json:"format"`
	// Open is the file within the folder that connectome.Open reads; "" is the
	// folder itself.
	Open string `json:"open,omitempty"`
	// Reading says what a user does before connectome.Open reads it; "" is nothing.
	Reading string `json:"reading,omitempty"`
	// Confirmed tells whether the location of every source was seen in a public
	// place that Note names.
	Confirmed bool   `json:"confirmed"`
	Note      string `json:"note,omitempty"`
}

// Holds says what a dataset holds. A count of 0 is unknown.
type Holds struct {
	Neurons int `json:"neurons"`
	// Edges counts ordered pairs with at least one synapse.
	Edges         int  `json:"edges"`
	Positions     bool `json:"positions"`
	Layers        bool `json:"layers"`
	Classes       bool `json:"classes"`
	SynapseCounts bool `json:"synapse_counts"`
	SynapseSizes  bool `json:"synapse_sizes"`
}

// Source is one download: a file at a URL, or a wheel of a Python package.
type Source struct {
	// URL is where the file is; "" for a package.
	URL string `json:"url,omitempty"`
	// Package is a requirement such as "cect==0.3.5".
	Package string `json:"package,omitempty"`
	// File is the name under which the download is kept.
	File string `json:"file"`
	// Size in bytes, SHA256 and MD5 of the download; 0 and "" are unknown.
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	MD5    string `json:"md5,omitempty"`
	// Members are the files taken out of the download, an archive that is then
	// deleted; none keeps the download itself.
	Members []Member `json:"members,omitempty"`
}

// Member is one file of an archive.
type Member struct {
	Path   string `json:"path"`
	File   string `json:"file"` // the name under which it is kept
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// Licence under which data may be used. Verified tells whether we read it at the
// source of the data; Note says what is known otherwise.
type Licence struct {
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	Verified bool   `json:"verified"`
	Note     string `json:"note,omitempty"`
}

// String returns the licence in a few words, with its doubt.
func (l Licence) String() string {
	if l.Verified || l.Name == "unknown" {
		return l.Name
	}
	return l.Name + " (not verified)"
}

// Citation is a publication.
type Citation struct {
	Text string `json:"text"`
	DOI  string `json:"doi"`
}

// Size returns the bytes to be downloaded, and whether all of them are known:
// otherwise the sum is a lower bound.
func (e Entry) Size() (bytes int64, known bool) {
	known = true
	for _, s := range e.Sources {
		bytes += s.Size
		known = known && s.Size > 0
	}
	return bytes, known
}

// All returns every entry, sorted by name.
func All() []Entry {
	all := slices.Concat(mouse(), worm(), fly())
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ErrUnknown means that the catalogue has no entry of a name.
var ErrUnknown = errors.New("no such dataset")

// Lookup returns the entry of a name. An unknown name is ErrUnknown, and the error
// suggests the nearest.
func Lookup(name string) (Entry, error) {
	all := All()
	for _, e := range all {
		if e.Name == name {
			return e, nil
		}
	}
	if near := nearest(name, all); near != "" {
		return Entry{}, fmt.Errorf("catalogue: %w: %q: did you mean %q?", ErrUnknown, name, near)
	}
	return Entry{}, fmt.Errorf("catalogue: %w: %q: go run ./datasets list shows all", ErrUnknown, name)
}

// nearest returns the entry's name that a typist most likely meant: one that
// contains what was typed, or the one with the fewest edits; "" where none is near.
func nearest(name string, all []Entry) string {
	typed := strings.ToLower(name)
	best, fewest := "", max(2, len(typed)/3)+1
	for _, e := range all {
		d := spelling.Edits(typed, e.Name)
		if len(typed) >= 3 && strings.Contains(e.Name, typed) {
			d = min(d, 1)
		}
		if d < fewest {
			best, fewest = e.Name, d
		}
	}
	return best
}

var (
	plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	plainFile = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]*$`)
	pinned    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*==[0-9][0-9.]*$`)
	hexDigits = regexp.MustCompile(`^[0-9a-f]*$`)
)

// Validate lists all faults of an entry.
func (e Entry) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("catalogue: entry %q: "+format, append([]any{e.Name}, args...)...))
	}
	if !plainName.MatchString(e.Name) || strings.HasSuffix(e.Name, partSuffix) {
		fault("the name is not of lower-case letters, digits, '.' and '-'")
	}
	if e.Title == "" || e.Species == "" || e.Region == "" || e.Format == "" {
		fault("title, species, region and format must be said")
	}
	if e.Version < 1 {
		fault("version %d: it starts at 1", e.Version)
	}
	if e.Licence.Name == "" {
		fault("no licence: say unknown where it is")
	}
	if len(e.Cite) == 0 {
		fault("nothing to cite")
	}
	for _, c := range e.Cite {
		if !strings.HasPrefix(c.DOI, "10.") || c.Text == "" {
			fault("citation %q has DOI %q", c.Text, c.DOI)
		}
	}
	if e.Note == "" {
		fault("the note must say where locations and numbers were seen")
	}
	if _, known := makers[e.Tables]; !known {
		fault("tables %q: no such way of making them", e.Tables)
	}
	if len(e.Sources) == 0 {
		fault("no source")
	}
	files := map[string]bool{provenanceFile: true}
	keep := func(file string) {
		if !plainFile.MatchString(file) || strings.HasSuffix(file, partSuffix) || files[file] {
			fault("file name %q is not plain, or is there twice", file)
		}
		files[file] = true
	}
	for _, s := range e.Sources {
		keep(s.File)
		for _, m := range s.Members {
			keep(m.File)
			if why := unsafePath(m.Path); why != "" {
				fault("member %q: %s", m.Path, why)
			}
			if !digits(m.SHA256, 64) || m.Size < 0 {
				fault("member %q: size %d, SHA-256 %q", m.Path, m.Size, m.SHA256)
			}
		}
		if why := s.where(); why != "" {
			fault("%s: %s", s.File, why)
		}
		if !digits(s.SHA256, 64) || !digits(s.MD5, 32) || s.Size < 0 {
			fault("%s: size %d, SHA-256 %q, MD5 %q", s.File, s.Size, s.SHA256, s.MD5)
		}
	}
	if e.Open != "" && !files[e.Open] {
		fault("it is opened by %q, which it does not fetch", e.Open)
	}
	return errors.Join(faults...)
}

// where says what is wrong with the location of a source, "" where nothing is.
func (s Source) where() string {
	if s.Package != "" {
		switch {
		case s.URL != "":
			return "it has both a URL and a package"
		case !pinned.MatchString(s.Package):
			return fmt.Sprintf("package %q is not of the form name==1.2.3", s.Package)
		case s.SHA256 == "":
			return "a package needs the SHA-256 of its wheel, by which pip checks it"
		case !strings.HasSuffix(s.File, ".whl"):
			return "a package is fetched as a wheel, whose name ends in .whl"
		}
		return ""
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return fmt.Sprintf("%q is not a web address", s.URL)
	}
	return ""
}

func digits(sum string, n int) bool { return sum == "" || len(sum) == n && hexDigits.MatchString(sum) }
