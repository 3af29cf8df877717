// Package pkg knows the sources that a program of this module was built from.
//
// A stored result is valid only for the code that made it. What lies on the
// disk when a program runs need not be what was compiled into it, so the
// sources are embedded at build time and their digest is taken from there.
package pkg

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed */*.go */*/*.go */*.py
var files embed.FS

// modulePath is this module's; its packages lie under it.
const modulePath = "github.com/cortigen/cortigen/"

// SourceDigest returns the SHA-256, in hexadecimal, of the non-test Go files and
// the Python scripts of the given packages, such as "pkg/graphvae", and of all
// packages of this module that they import, directly or not. A single Go file of a package may be
// given too, such as "pkg/experiment/columns.go", where one file of many does
// the computing. The order of the arguments does not matter. A package or file
// that is not part of the module is an error.
func SourceDigest(packages ...string) (string, error) { return sourceDigest(files, packages) }

// sourceDigest works on a tree rooted at the folder pkg.
func sourceDigest(tree fs.FS, packages []string) (string, error) {
	contents := map[string][]byte{}
	done := map[string]bool{}
	pending := slices.Clone(packages)
	for len(pending) > 0 {
		name := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if done[name] {
			continue
		}
		done[name] = true
		imports, err := readPackage(tree, name, contents)
		if err != nil {
			return "", err
		}
		pending = append(pending, imports...)
	}
	h := sha256.New()
	names := make([]string, 0, len(contents))
	for name := range contents {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(contents[name]))
		h.Write(contents[name])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// readPackage adds a package's files, or one file, to contents and returns the
// packages of this module that they import.
func readPackage(tree fs.FS, name string, contents map[string][]byte) ([]string, error) {
	if name == "pkg" {
		return nil, nil // this file: it computes nothing that a result depends on
	}
	place, below := strings.CutPrefix(name, "pkg/")
	if below && path.Ext(place) == ".go" {
		return readSource(tree, place, contents)
	}
	entries, err := fs.ReadDir(tree, place)
	if !below || err != nil {
		return nil, fmt.Errorf("pkg: there is no package %q in this module", name)
	}
	var imports []string
	found := false
	for _, entry := range entries {
		if entry.IsDir() || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file := path.Join(place, entry.Name())
		switch path.Ext(file) {
		case ".py": // embedded and run by the package
			if contents[file], err = fs.ReadFile(tree, file); err != nil {
				return nil, fmt.Errorf("pkg: %w", err)
			}
			continue
		case ".go":
			found = true
		default:
			continue
		}
		more, err := readSource(tree, file, contents)
		if err != nil {
			return nil, err
		}
		imports = append(imports, more...)
	}
	if !found {
		return nil, fmt.Errorf("pkg: there is no package %q in this module", name)
	}
	return imports, nil
}

// readSource adds one file to contents and returns the packages of this module
// that it imports.
func readSource(tree fs.FS, file string, contents map[string][]byte) ([]string, error) {
	text, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, fmt.Errorf("pkg: there is no file %q in this module", "pkg/"+file)
	}
	contents[file] = text
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("pkg: %w", err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		if imported, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), modulePath); ours {
			imports = append(imports, imported)
		}
	}
	return imports, nil
}
