package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// say runs the command and returns what it printed.
func say(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out)
	return out.String(), err
}

// cache makes an empty cache for a test.
func cache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("CORTIGEN_CACHE", dir)
	return filepath.Join(dir, "datasets")
}

// wants checks that a text has all words, in order.
func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, word := range words {
		_, after, found := strings.Cut(rest, word)
		if !found {
			t.Errorf("no %q (in this order) in:\n%s", word, text)
			return
		}
		rest = after
	}
}

func wantsError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	wants(t, err.Error(), words...)
}

// The tables of the smallest reconstruction: A and B excite each other, B excites C.
const (
	nodes = "node_id,super_class\nA,K\nB,K\nC,O\n"
	edges = "source,target,weight\nA,B,2\nB,A,1\nB,C,5\n"
)

// tiny is an entry that a server on this machine has.
func tiny(t *testing.T) catalogue.Entry {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, map[string]string{"/nodes.csv": nodes, "/edgelist.csv": edges}[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	sum := func(text string) string {
		s := sha256.Sum256([]byte(text))
		return hex.EncodeToString(s[:])
	}
	return catalogue.Entry{
		Name: "tiny", Version: 1, Title: "Three neurons", Species: "none", Region: "none", Format: "neuropull edge list",
		Sources: []catalogue.Source{
			{URL: server.URL + "/nodes.csv", File: "nodes.csv", Size: int64(len(nodes)), SHA256: sum(nodes)},
			{URL: server.URL + "/edgelist.csv", File: "edgelist.csv"},
		},
		Licence: catalogue.Licence{Name: "CC BY 4.0", URL: "https://example.org/licence", Note: "as others read it"},
		Cite:    []catalogue.Citation{{Text: "Nobody (2026). Three neurons.", DOI: "10.0/3"}},
		Reading: "count to three", Note: "of a test", Confirmed: true,
	}
}

// fetchTiny puts it into the cache and returns what was printed.
func fetchTiny(t *testing.T, f *catalogue.Fetcher) string {
	t.Helper()
	var out bytes.Buffer
	if err := fetchEntry(t.Context(), tiny(t), f, false, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestList(t *testing.T) {
	root := cache(t)
	for _, args := range [][]string{{"list"}, {}} {
		text, err := say(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, text, "NAME", "NEURONS", "EDGES", "DOWNLOAD", "LICENCE", "FETCHED",
			"drosophila-larva-winding2023 ", "3,066 ", "110,140 ", "656.9 kB ", "MIT for the repository (not verified) ", "no\n",
			"microns-v117-tables ", "67,534 ", "10,436,569 ", "51.0 GB ", "unknown ", "no\n", "fetch NAME")
		if lines := strings.Count(text, "\n"); lines != len(catalogue.All())+3 {
			t.Errorf("%d lines for %d entries", lines, len(catalogue.All()))
		}
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Error("listing made a folder")
	}
}

// What the table says of a fetched, an older and a damaged folder.
func TestListTellsFetched(t *testing.T) {
	root := cache(t)
	for name, provenance := range map[string]string{
		"celegans-varshney2011":        `{"name": "celegans-varshney2011", "version": 1, "fetched": "2026-03-04T05:06:07Z"}`,
		"celegans-witvliet2021-h5":     `{"name": "celegans-witvliet2021-h5", "version": 0}`,
		"drosophila-larva-winding2023": `{`,
		"celegans-witvliet2021-1.part": `{}`,
		"celegans-witvliet2021-2":      ``,
	} {
		put(t, filepath.Join(root, name, "provenance.json"), provenance)
	}
	if err := os.Remove(filepath.Join(root, "celegans-witvliet2021-2", "provenance.json")); err != nil {
		t.Fatal(err)
	}
	text, err := say(t, "list")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, text, "celegans-varshney2011 ", "2026-03-04\n", "celegans-witvliet2021-1 ", "no\n", "celegans-witvliet2021-2 ", "no\n",
		"celegans-witvliet2021-h5 ", "an older version\n", "drosophila-larva-winding2023 ", "damaged: see check\n")
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func TestInfo(t *testing.T) {
	root := cache(t)
	text, err := say(t, "info", "celegans-varshney2011")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, text, "Varshney 2011", "C. elegans", "281", "2,309", "synapse counts", "MIT for the package (not verified)", "10.1371/journal.pcbi.1001066",
		"fetched", "no\n", filepath.Join(root, "celegans-varshney2011"), "cect==0.3.5", "SHA-256 ea47f7", "cect/cache/VarshneyDataReader.json", "SHA-256 da9a97")
	text, err = say(t, "info", "microns-pinky100-synapses")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, text, "?", "-voxel 3.58,3.58,40", "zenodo.org/records/3710459/files/pni_synapses_v185.csv, size unknown, checksum unknown: the first fetch is trusted")
}

func TestWords(t *testing.T) {
	cache(t)
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"no such word":     {[]string{"download"}, []string{`"download" is not a command`, "fetch"}},
		"info of nothing":  {[]string{"info"}, []string{"info: what?"}},
		"two of one":       {[]string{"fetch", "a", "b"}, []string{`"b" is one argument too many`}},
		"list of one":      {[]string{"list", "a"}, []string{`"a" is one argument too many`}},
		"unknown, near":    {[]string{"fetch", "flywire-738"}, []string{`did you mean "flywire-783"?`}},
		"info of unknown":  {[]string{"info", "zebrafish"}, []string{"no such dataset", "list"}},
		"large":            {[]string{"fetch", "microns-v117-tables"}, []string{"51.0 GB", "-yes"}},
		"check of unknown": {[]string{"check", "zebrafish"}, []string{"neither a folder nor a dataset", "zebrafish"}},
		"check, not there": {[]string{"check", "flywire-783"}, []string{"flywire-783 is not fetched", "fetch flywire-783"}},
		"check of no such": {[]string{"check", t.TempDir()}, []string{"not a fetched dataset"}},
		"no such flag":     {[]string{"fetch", "flywire-783", "-into", "x"}, []string{"-into"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := say(t, c.args...)
			wantsError(t, err, c.says...)
		})
	}
	text, err := say(t, "convert", "-help")
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help gives %v", err)
	}
	wants(t, text, "info NAME", "fetch NAME", "check", "convert IN OUT", "-format", "graphml", "-overwrite")
}

// Flags may stand before and after the arguments.
func TestParse(t *testing.T) {
	for _, args := range [][]string{{"a", "b", "-overwrite", "-format", "npz"}, {"-overwrite", "a", "-format=npz", "b"}, {"-format", "npz", "-overwrite", "a", "b"}} {
		o, given, err := parse("convert", args, &bytes.Buffer{})
		if err != nil || !o.overwrite || o.format != "npz" || fmt.Sprint(given) != "[a b]" {
			t.Errorf("%q: %+v, %q, %v", args, o, given, err)
		}
	}
}

func TestFetchAndCheck(t *testing.T) {
	root := cache(t)
	text, err := say(t, "check")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, text, "nothing is fetched yet")
	text = fetchTiny(t, &catalogue.Fetcher{})
	wants(t, text, "tiny: Three neurons", "licence   CC BY 4.0 (not verified)", "as others read it", "https://example.org/licence", "cite      Nobody (2026). Three neurons. doi:10.0/3",
		"download  > 32 B", "nodes.csv: fetching", "edgelist.csv: fetching",
		"nodes.csv ", "32 B  checked against: SHA-256 in the catalogue", "edgelist.csv ", "checked against: nothing: no checksum was known",
		filepath.Join(root, "tiny"), "-data tiny", "before that: count to three")
	if strings.ContainsAny(text, "\r\033") {
		t.Errorf("terminal codes where there is no terminal: %q", text)
	}
	for _, args := range [][]string{{"check"}, {"check", "tiny"}, {"check", filepath.Join(root, "tiny")}} {
		text, err := say(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, text, "tiny, fetched "+time.Now().UTC().Format("2006-01-02"), "nodes.csv ", "ok\n", "edgelist.csv ", "ok\n")
	}
	put(t, filepath.Join(root, "tiny", "edgelist.csv"), strings.Replace(edges, "5", "6", 1))
	put(t, filepath.Join(root, "tiny", "notes.txt"), "mine")
	text, err = say(t, "check")
	wantsError(t, err, "files that are not as they were fetched: 1", "fetch it again")
	wants(t, text, "nodes.csv ", "ok\n", "edgelist.csv ", "changed: SHA-256", "notes.txt ", "not from the fetch\n")
}

func TestFetchElsewhere(t *testing.T) {
	root, to := cache(t), filepath.Join(t.TempDir(), "mine")
	text := fetchTiny(t, &catalogue.Fetcher{Dir: to})
	wants(t, text, "-data "+filepath.Join(to, "tiny"))
	if _, err := os.Stat(filepath.Join(to, "tiny", "nodes.csv")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(root); !os.IsNotExist(err) {
		t.Error("something was made in the cache")
	}
}

func TestFetchInterrupted(t *testing.T) {
	cache(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fetchEntry(ctx, tiny(t), &catalogue.Fetcher{}, false, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A fetched dataset by its name, a file, and a pack of CORTIGEN_DATA by its name.
func TestConvert(t *testing.T) {
	root := cache(t)
	fetchTiny(t, &catalogue.Fetcher{})
	data := t.TempDir()
	t.Setenv("CORTIGEN_DATA", data)
	put(t, filepath.Join(data, "pack", "nodes.csv"), nodes)
	put(t, filepath.Join(data, "pack", "edgelist.csv"), edges)
	dir := t.TempDir()
	graph, pair := filepath.Join(dir, "tiny.graphml"), filepath.Join(dir, "pair")
	for _, step := range []struct{ in, out, says string }{
		{"tiny", graph, "read " + filepath.Join(root, "tiny")},
		{graph, pair, "read " + graph},
		{pair, filepath.Join(dir, "tiny.json"), "read " + pair},
		{"pack", filepath.Join(dir, "pack.graphml"), "read " + filepath.Join(data, "pack")},
	} {
		text, err := say(t, "convert", step.in, step.out)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, text, step.says, "3 neurons, 3 edges", "wrote ", step.out)
		c, err := connectome.Open(t.Context(), step.out)
		if err != nil || c.Len() != 3 || c.Edges() != 3 || fmt.Sprint(c.Synapses()) != "[2 1 5]" {
			t.Errorf("%s is read as %v neurons (%v)", step.out, c, err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"there already":   {[]string{"tiny", graph}, []string{graph, "is there already"}},
		"onto itself":     {[]string{graph, graph, "-overwrite"}, []string{"give another OUT"}},
		"no such file":    {[]string{"gone.csv", "x.graphml"}, []string{`no file, folder or fetched dataset "gone.csv"`}},
		"not fetched":     {[]string{"flywire-783", "x.graphml"}, []string{"flywire-783 is not fetched"}},
		"no such format":  {[]string{"tiny", filepath.Join(dir, "x"), "-format", "word"}, []string{"word"}},
		"voxels, two":     {[]string{"tiny", graph, "-voxel", "4,40"}, []string{"voxel", "three numbers"}},
		"voxels, none":    {[]string{"tiny", graph, "-voxel", "4,4,0"}, []string{`"0" is not a length`}},
		"no signs":        {[]string{"tiny", filepath.Join(dir, "nest"), "-format", "nest"}, []string{"no known sign", "UnknownAs"}},
		"no such sign":    {[]string{"tiny", filepath.Join(dir, "nest"), "-unknown-sign", "?"}, []string{"E or I"}},
		"nothing to tell": {[]string{"tiny", filepath.Join(dir, "x.docx")}, []string{".docx"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := say(t, append([]string{"convert"}, c.args...)...)
			wantsError(t, err, c.says...)
		})
	}
	text, err := say(t, "convert", "tiny", filepath.Join(dir, "nest"), "-format", "nest", "-unknown-sign", "E")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, text, "wrote pair table for NEST", "connections.csv")
	as, err := connectome.Detect(filepath.Join(root, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{{"-overwrite"}, {"-overwrite", "-from", as.Name, "-format", "graphml"}} {
		if _, err := say(t, append([]string{"convert", "tiny", graph}, flags...)...); err != nil {
			t.Error(err)
		}
	}
	_, err = say(t, "convert", "tiny", graph, "-overwrite", "-from", "graphml")
	wantsError(t, err, "tiny")
}

// Positions in voxels become those of the size that is said.
func TestConvertVoxels(t *testing.T) {
	cache(t)
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "out.graphml")
	put(t, filepath.Join(in, "synapses.csv"), "pre_root_id,post_root_id,cleft_vx\n648518346349539437,648518346349531254,798\n")
	put(t, filepath.Join(in, "soma.csv"), "id,cell_type,pt_position,pt_root_id\n1,e,[100000 1000 100],648518346349539437\n2,e,[0 0 0],648518346349531254\n")
	if _, err := say(t, "convert", in, out, "-voxel", "3.5,3.5,40"); err != nil {
		t.Fatal(err)
	}
	c, err := connectome.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Neuron(0).Position; p.X != 350 || p.Y != 4 || p.Depth != 3.5 { // 100,000 × 3.5 nm, 100 × 40, 1,000 × 3.5
		t.Errorf("position %+v", p)
	}
}

// Outside of a clone there is no environment to make, and the error says what to do.
func TestHDF5OutsideAClone(t *testing.T) {
	t.Setenv("CORTIGEN_ROOT", t.TempDir())
	tries := 0
	_, err := withHDF5(t.Context(), "", &bytes.Buffer{}, func(string) error { tries++; return connectome.ErrNoHDF5 })
	if !errors.Is(err, connectome.ErrNoHDF5) || tries != 1 {
		t.Errorf("error %v after %d tries", err, tries)
	}
	other := errors.New("other")
	if python, err := withHDF5(t.Context(), "py", &bytes.Buffer{}, func(p string) error { return other }); python != "py" || err != other {
		t.Errorf("%q, %v", python, err)
	}
}

// What is said of a format is what Save goes by.
func TestTitle(t *testing.T) {
	for _, c := range []struct{ format, to, want string }{
		{"", "a.graphml", "GraphML"}, {"", "folder", "parquet"}, {"plain", "folder", "tables"}, {"graphml", "a.h5", "GraphML"}, {"", "a.h5", "ConnectivityMatrix"},
	} {
		if got := title(c.format, c.to); !strings.Contains(got, c.want) {
			t.Errorf("title(%q, %q) = %q, want %q", c.format, c.to, got, c.want)
		}
	}
}

func TestPainter(t *testing.T) {
	steps := []catalogue.Event{
		{File: "a.csv", Stage: catalogue.Fetching, Done: 0, Total: 4_000_000},
		{File: "a.csv", Stage: catalogue.Fetching, Done: 1_000_000, Total: 4_000_000},
		{File: "a.csv", Stage: catalogue.Retrying, Done: 1_000_000, Total: 4_000_000, Why: errors.New("dropped")},
		{File: "a.csv", Stage: catalogue.Fetching, Done: 1_000_000, Total: 4_000_000},
		{File: "a.csv", Stage: catalogue.Fetching, Done: 4_000_000, Total: 4_000_000},
		{File: "a.csv", Stage: catalogue.Verifying, Done: 4_000_000, Total: 4_000_000},
	}
	paint := func(terminal bool, width int) string {
		var out bytes.Buffer
		now := time.Unix(0, 0)
		p := &painter{out: &out, terminal: terminal, width: func() int { return width }, now: func() time.Time { return now }}
		for _, e := range steps {
			p.show(e)
			now = now.Add(2 * time.Second)
		}
		p.end()
		return out.String()
	}
	wants(t, paint(true, 120), "\r\033[K  a.csv: fetching [                        ]   0 % of 4.0 MB",
		"\r\033[K  a.csv: fetching [======                  ]  25 % of 4.0 MB, 500.0 kB/s, 6s left\n  a.csv: trying again: dropped\n",
		"[========================] 100 % of 4.0 MB, 1.5 MB/s", "\r\033[K  a.csv: verifying", "\n")
	for line := range strings.SplitSeq(paint(true, 30), "\r") {
		if text := strings.TrimPrefix(line, "\033[K"); strings.Count(line, "\n") == 0 && len(text) > 29 {
			t.Errorf("%q wraps on a terminal of 30 characters", text)
		}
	}
	if got, want := paint(false, 0), "  a.csv: fetching 4.0 MB\n  a.csv: trying again: dropped\n  a.csv: fetching 4.0 MB\n"; got != want {
		t.Errorf("plain lines are %q, want %q", got, want)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "?", 7: "7", 999: "999", 1000: "1,000", 10_436_569: "10,436,569"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_951: "1.0 MB", 51_020_159_848: "51.0 GB", 2e15: "2000.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
