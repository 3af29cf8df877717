package catalogue_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// The catalogue is data: here is what it says of one dataset.
func ExampleLookup() {
	e, err := catalogue.Lookup("drosophila-larva-winding2023")
	if err != nil {
		panic(err)
	}
	fmt.Println(e.Title)
	fmt.Println(e.Holds.Neurons, "neurons,", e.Holds.Edges, "edges")
	bytes, known := e.Size()
	fmt.Println(bytes, "bytes, all sizes known:", known)
	fmt.Println("licence:", e.Licence)
	fmt.Println("cite:", e.Cite[0].DOI)

	_, err = catalogue.Lookup("drosophila-larva-windig")
	fmt.Println(err)
	// Output:
	// Drosophila, brain of the first-instar larva (Winding 2023)
	// 3066 neurons, 110140 edges
	// 656889 bytes, all sizes known: true
	// licence: MIT for the repository (not verified)
	// cite: 10.1126/science.add9330
	// catalogue: no such dataset: "drosophila-larva-windig": did you mean "drosophila-larva-winding2023"?
}

// A dataset is fetched, checked, and, once it is damaged, told to be.
func ExampleFetcher() {
	const edges = "pre,post\n1,2\n2,1\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, edges) }))
	defer server.Close()
	folder, err := os.MkdirTemp("", "catalogue")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	e := catalogue.Entry{
		Name: "two-neurons", Version: 1, Title: "Two neurons", Species: "none", Region: "none", Format: "pairs",
		Sources: []catalogue.Source{{URL: server.URL + "/edges.csv", File: "edges.csv", Size: int64(len(edges))}},
		Licence: catalogue.Licence{Name: "CC0", Verified: true},
		Cite:    []catalogue.Citation{{Text: "This example", DOI: "10.0/0"}},
		Note:    "not a reconstruction",
	}
	dir, err := (&catalogue.Fetcher{Dir: folder}).Fetch(context.Background(), e)
	if err != nil {
		panic(err)
	}
	check := func() {
		_, findings, err := catalogue.Check(context.Background(), dir, nil)
		fmt.Println(findings, err)
	}
	check()
	if err := os.WriteFile(filepath.Join(dir, "edges.csv"), []byte("pre,post\n"), 0o644); err != nil {
		panic(err)
	}
	check()
	// Output:
	// [{edges.csv ok }] <nil>
	// [{edges.csv changed 9 bytes, not 17}] <nil>
}
