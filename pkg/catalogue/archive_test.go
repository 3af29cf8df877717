package catalogue_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// packed is a file of an archive. Mode 0 is a plain file; a link's text is where
// it leads.
type packed struct {
	path, text string
	mode       fs.FileMode
	hard       bool
}

func zipOf(tb testing.TB, files ...packed) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.path, Method: zip.Deflate}
		h.SetMode(f.mode | 0o644)
		out, err := w.CreateHeader(h)
		if err == nil {
			_, err = out.Write([]byte(f.text))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

func tarOf(tb testing.TB, files ...packed) []byte {
	tb.Helper()
	var buffer bytes.Buffer
	z := gzip.NewWriter(&buffer)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.path, Size: int64(len(f.text)), Mode: 0o644, Typeflag: tar.TypeReg}
		switch {
		case f.hard:
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, f.text, 0
		case f.mode&fs.ModeSymlink != 0:
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.text, 0
		}
		err := w.WriteHeader(h)
		if err == nil && h.Size > 0 {
			_, err = w.Write([]byte(f.text))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		tb.Fatal(err)
	}
	return buffer.Bytes()
}

// archived makes the source an archive of which one file, data.csv, is wanted.
func archived(name string, data []byte, m catalogue.Member) func(*catalogue.Entry) {
	return func(e *catalogue.Entry) {
		m.Path, m.File = "pkg/data.csv", "data.csv"
		e.Sources[0] = catalogue.Source{URL: e.Sources[0].URL, File: name, Size: int64(len(data)), SHA256: sha(data), Members: []catalogue.Member{m}}
	}
}

func TestUnpack(t *testing.T) {
	const text = "pre,post\n1,2\n"
	files := []packed{{path: "pkg/code.py", text: "import os"}, {path: "pkg/data.csv", text: text}, {path: "pkg/link", text: "code.py", mode: fs.ModeSymlink}}
	for name, data := range map[string][]byte{"pkg.whl": zipOf(t, files...), "pkg.zip": zipOf(t, files...), "pkg.tar.gz": tarOf(t, files...), "pkg.tgz": tarOf(t, files...)} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, 0)
			o.data = data
			f := quick(t)
			mustFetch(t, f, entry(o.URL, archived(name, data, catalogue.Member{Size: int64(len(text)), SHA256: sha([]byte(text))})))
			dir := filepath.Join(f.Dir, "tiny")
			if names := listing(t, dir); !slices.Equal(names, []string{"data.csv", "provenance.json"}) {
				t.Errorf("the folder holds %q", names)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "data.csv")); err != nil || string(got) != text {
				t.Errorf("data.csv is %q (%v)", got, err)
			}
			p, err := catalogue.ReadProvenance(dir)
			if err != nil || len(p.Files) != 1 || p.Files[0].From != o.URL+"#pkg/data.csv" || p.Files[0].SHA256 != sha([]byte(text)) {
				t.Errorf("provenance is %+v (%v)", p.Files, err)
			}
		})
	}
}

// Hostile and damaged archives are refused, and nothing of them is kept or lands
// elsewhere.
func TestArchivesRefused(t *testing.T) {
	good := packed{path: "pkg/data.csv", text: "pre,post\n"}
	zeros := strings.Repeat("\x00", 4<<20) // packs to a thousandth
	for name, c := range map[string]struct {
		files  []packed
		member catalogue.Member
		says   string
	}{
		"out of the folder":       {[]packed{good, {path: "../../evil.txt", text: "x"}}, catalogue.Member{}, "leads out of its folder"},
		"out, in the middle":      {[]packed{good, {path: "pkg/../../evil.txt", text: "x"}}, catalogue.Member{}, "leads out of its folder"},
		"absolute":                {[]packed{{path: "/tmp/evil.txt", text: "x"}, good}, catalogue.Member{}, "absolute"},
		"backslashes":             {[]packed{{path: `..\evil.txt`, text: "x"}, good}, catalogue.Member{}, "backslash"},
		"a drive":                 {[]packed{{path: `C:evil.txt`, text: "x"}, good}, catalogue.Member{}, "colon"},
		"a symbolic link":         {[]packed{{path: good.path, text: "/etc/passwd", mode: fs.ModeSymlink}}, catalogue.Member{}, "is a link"},
		"twice":                   {[]packed{good, good}, catalogue.Member{}, "there twice"},
		"not there":               {[]packed{{path: "pkg/other.csv", text: "x"}}, catalogue.Member{}, `does not hold "pkg/data.csv"`},
		"longer than said":        {[]packed{good}, catalogue.Member{Size: 5}, "more than 5 bytes"},
		"shorter than said":       {[]packed{good}, catalogue.Member{Size: 50}, "has 9 bytes, the catalogue says 50"},
		"a bomb, of size unknown": {[]packed{{path: good.path, text: zeros}}, catalogue.Member{}, "a bomb"},
		"a bomb, of size known":   {[]packed{{path: good.path, text: zeros}}, catalogue.Member{Size: 100}, "more than 100 bytes"},
	} {
		for kind, pack := range map[string]func(testing.TB, ...packed) []byte{"pkg.zip": zipOf, "pkg.tar.gz": tarOf} {
			t.Run(name+", "+kind, func(t *testing.T) {
				o := newOrigin(t, 0)
				o.data = pack(t, c.files...)
				f := quick(t)
				err := fetch(t, f, entry(o.URL, archived(kind, o.data, c.member)))
				wantError(t, err, catalogue.ErrArchive, o.URL, c.says)
				wantOnly(t, f, kind)
			})
		}
	}
}

// wantOnly checks that a refused archive left itself at most, and nothing outside.
func wantOnly(t *testing.T, f *catalogue.Fetcher, archive string) {
	t.Helper()
	for _, name := range wantNothing(t, f) {
		if name != archive && name != "data.csv" { // the latter: a good member before the bad one
			t.Errorf("left: %q", name)
		}
	}
	if names := listing(t, filepath.Dir(f.Dir)); !slices.Equal(names, []string{"datasets"}) {
		t.Errorf("outside: %q", names)
	}
	if names := listing(t, f.Dir); slices.Contains(names, "evil.txt") {
		t.Errorf("in the root: %q", names)
	}
	if _, err := os.Stat("/tmp/evil.txt"); err == nil {
		t.Error("/tmp/evil.txt was made")
	}
}

func TestHardLinkRefused(t *testing.T) {
	o := newOrigin(t, 0)
	o.data = tarOf(t, packed{path: "pkg/secret", text: "x"}, packed{path: "pkg/data.csv", text: "pkg/secret", hard: true})
	f := quick(t)
	wantError(t, fetch(t, f, entry(o.URL, archived("pkg.tar.gz", o.data, catalogue.Member{}))), catalogue.ErrArchive, "is a link")
}

// A bomb in a file that is not even wanted must not be unpacked for ever.
func TestBombOnTheWay(t *testing.T) {
	o := newOrigin(t, 0)
	o.data = tarOf(t, packed{path: "pkg/zeros", text: strings.Repeat("\x00", 32<<20)}, packed{path: "pkg/data.csv", text: "x"})
	f := quick(t)
	wantError(t, fetch(t, f, entry(o.URL, archived("pkg.tar.gz", o.data, catalogue.Member{}))), catalogue.ErrArchive, "a bomb")
}

func TestMemberOfWrongChecksum(t *testing.T) {
	o := newOrigin(t, 0)
	o.data = zipOf(t, packed{path: "pkg/data.csv", text: "pre,post\n"})
	f := quick(t)
	wantError(t, fetch(t, f, entry(o.URL, archived("pkg.zip", o.data, catalogue.Member{SHA256: sha([]byte("other"))}))), catalogue.ErrChecksum, "pkg/data.csv")
	if left := wantNothing(t, f); slices.Contains(left, "data.csv") {
		t.Errorf("left: %q", left)
	}
}

func TestDamagedArchive(t *testing.T) {
	whole := map[string][]byte{
		"pkg.zip":    zipOf(t, packed{path: "pkg/data.csv", text: string(noise(10_000))}),
		"pkg.tar.gz": tarOf(t, packed{path: "pkg/data.csv", text: string(noise(10_000))}),
	}
	for kind, data := range whole {
		for name, damaged := range map[string][]byte{"cut short": data[:len(data)/2], "one bit": flip(data, len(data)/3), "empty": {}, "text": []byte("id,pre,post\n")} {
			t.Run(kind+", "+name, func(t *testing.T) {
				o := newOrigin(t, 0)
				o.data = damaged
				f := quick(t)
				wantError(t, fetch(t, f, entry(o.URL, archived(kind, damaged, catalogue.Member{}))), catalogue.ErrArchive, o.URL)
				wantOnly(t, f, kind)
			})
		}
	}
}

func flip(data []byte, at int) []byte {
	data = slices.Clone(data)
	data[at] ^= 1
	return data
}

func TestDiskFillsWhileUnpacking(t *testing.T) {
	o := newOrigin(t, 0)
	text := string(noise(10_000))
	o.data = zipOf(t, packed{path: "pkg/data.csv", text: text})
	f := quick(t)
	capacity := int64(len(o.data) + 5000)
	f.Disk(-1, &capacity)
	e := entry(o.URL, archived("pkg.zip", o.data, catalogue.Member{Size: 10_000}))
	wantError(t, fetch(t, f, e), catalogue.ErrDiskFull, f.Dir)
	wantOnly(t, f, "pkg.zip")
	capacity = 1 << 20
	mustFetch(t, f, e)
	if o.requests() != 1 {
		t.Errorf("the archive was fetched %d times", o.requests())
	}
}

// Whatever the archive, unpacking ends, and writes no file but the member's.
func FuzzUnpack(f *testing.F) {
	f.Add(zipOf(f, packed{path: "pkg/data.csv", text: "pre,post\n"}), true)
	f.Add(tarOf(f, packed{path: "pkg/data.csv", text: "pre,post\n"}), false)
	f.Add(zipOf(f, packed{path: "pkg/data.csv", text: "/etc/passwd", mode: fs.ModeSymlink}), true)
	f.Add(tarOf(f, packed{path: "../data.csv", text: "x"}), false)
	f.Add([]byte("PK\x05\x06"), true)
	f.Fuzz(func(t *testing.T, data []byte, zipped bool) {
		if len(data) == 0 {
			return // a source of size 0 is one of unknown size
		}
		kind := "pkg.tar.gz"
		if zipped {
			kind = "pkg.zip"
		}
		fetcher := quick(t)
		dir := filepath.Join(fetcher.Dir, "tiny.part")
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, kind), data, 0o644)); err != nil {
			t.Fatal(err)
		}
		if _, err := fetcher.Fetch(t.Context(), entry("http://127.0.0.1:1/", archived(kind, data, catalogue.Member{}))); err != nil {
			if !errors.Is(err, catalogue.ErrArchive) {
				t.Errorf("error %v", err)
			}
			wantOnly(t, fetcher, kind)
		}
	})
}
