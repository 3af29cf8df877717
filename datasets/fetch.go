package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// large is what is fetched only with -yes (ours: minutes on a fast line).
const large = 2_000_000_000

// fetch downloads one entry. Its licence and what to cite are printed first.
func fetch(ctx context.Context, name string, o options, out io.Writer) error {
	e, err := catalogue.Lookup(name)
	if err != nil {
		return err
	}
	return fetchEntry(ctx, e, &catalogue.Fetcher{Dir: o.to}, o.yes, out)
}

func fetchEntry(ctx context.Context, e catalogue.Entry, f *catalogue.Fetcher, yes bool, out io.Writer) error {
	fmt.Fprintf(out, "%s: %s\n", e.Name, e.Title)
	fmt.Fprintf(out, "  licence   %s\n", e.Licence)
	if e.Licence.Note != "" {
		fmt.Fprintf(out, "            %s\n", e.Licence.Note)
	}
	if e.Licence.URL != "" {
		fmt.Fprintf(out, "            %s\n", e.Licence.URL)
	}
	for _, c := range e.Cite {
		fmt.Fprintf(out, "  cite      %s doi:%s\n", c.Text, c.DOI)
	}
	fmt.Fprintf(out, "  download  %s\n", download(e))
	if !e.Confirmed {
		fmt.Fprintf(out, "  caution   the location is not confirmed: %s\n", e.Note)
	}
	if bytes, _ := e.Size(); bytes > large && !yes {
		return fmt.Errorf("fetch: %s is %s: add -yes to fetch it", e.Name, download(e))
	}
	p := newPainter(out)
	f.Progress = p.show
	dir, err := f.Fetch(ctx, e)
	p.end()
	if err != nil {
		return err
	}
	return tell(e, dir, f.Dir != "", out)
}

// tell says what was fetched and how to use it.
func tell(e catalogue.Entry, dir string, elsewhere bool, out io.Writer) error {
	p, err := catalogue.ReadProvenance(dir)
	if err != nil {
		return err
	}
	for _, k := range p.Files {
		how := "checked against: " + k.Checked
		if k.Checked == catalogue.MadeHere {
			how = "made of " + k.From
		}
		fmt.Fprintf(out, "  %-40s %9s  %s\n", k.File, size(k.Size), how)
	}
	use := e.Name
	if elsewhere {
		use = filepath.Join(dir, e.Open)
	}
	fmt.Fprintf(out, "fetched %s into %s; use it with -data %s\n", p.Fetched.Format("2006-01-02"), dir, use)
	if e.Reading != "" {
		fmt.Fprintf(out, "before that: %s\n", e.Reading)
	}
	return nil
}

// check compares one dataset, or all in the cache, with what was fetched.
func check(ctx context.Context, args []string, out io.Writer) error {
	dirs, err := chosen(args)
	if err != nil {
		return err
	}
	if len(dirs) == 0 {
		fmt.Fprintln(out, "nothing is fetched yet: go run ./datasets list shows what there is")
		return nil
	}
	bad := 0
	for _, dir := range dirs {
		p := newPainter(out)
		provenance, findings, err := catalogue.Check(ctx, dir, p.show)
		p.end()
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s, fetched %s, %s\n", provenance.Name, provenance.Fetched.Format("2006-01-02"), dir)
		for _, f := range findings {
			line := fmt.Sprintf("  %-40s %s", f.File, f.State)
			if f.Detail != "" {
				line += ": " + f.Detail
			}
			fmt.Fprintln(out, line)
			if f.State == catalogue.Missing || f.State == catalogue.Changed {
				bad++
			}
		}
	}
	if bad > 0 {
		return fmt.Errorf("check: files that are not as they were fetched: %d; delete the dataset's folder and fetch it again", bad)
	}
	return nil
}

// chosen returns the folders to be checked: the one that a name or path means, or
// all in the cache.
func chosen(args []string) ([]string, error) {
	root, err := catalogue.Root()
	if err != nil {
		return nil, err
	}
	if len(args) > 0 {
		if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
			return args, nil
		}
		dir := filepath.Join(root, args[0])
		if _, err := catalogue.ReadProvenance(dir); filepath.IsLocal(args[0]) && !errors.Is(err, catalogue.ErrNoProvenance) {
			return []string{dir}, nil
		}
		if _, err := catalogue.Lookup(args[0]); err != nil {
			return nil, fmt.Errorf("check: neither a folder nor a dataset: %w", err)
		}
		return nil, fmt.Errorf("check: %s is not fetched: go run ./datasets fetch %[1]s", args[0])
	}
	found, err := filepath.Glob(filepath.Join(root, "*", "provenance.json"))
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, file := range found {
		if dir := filepath.Dir(file); filepath.Ext(dir) != ".part" && filepath.Ext(dir) != ".old" {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}
