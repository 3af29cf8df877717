package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// list prints the catalogue as a table.
func list(out io.Writer) error {
	root, err := catalogue.Root()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tNEURONS\tEDGES\tDOWNLOAD\tLICENCE\tFETCHED")
	for _, e := range catalogue.All() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Name, number(e.Holds.Neurons), number(e.Holds.Edges), download(e), e.Licence, fetched(root, e))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "\ngo run ./datasets info NAME tells more; fetch NAME downloads; then -data NAME uses it")
	return err
}

// fetched says when an entry was, in the cache.
func fetched(root string, e catalogue.Entry) string {
	p, err := catalogue.ReadProvenance(filepath.Join(root, e.Name))
	switch {
	case errors.Is(err, catalogue.ErrNoProvenance):
		return "no"
	case err != nil:
		return "damaged: see check"
	case p.Version != e.Version:
		return "an older version"
	}
	return p.Fetched.Format("2006-01-02")
}

// number writes a count with its thousands apart; an unknown one is "?".
func number(n int) string {
	if n == 0 {
		return "?"
	}
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// size writes bytes in decimal units, as servers and disks are labelled.
func size(n int64) string {
	const units = "kMGT"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	x, unit := float64(n)/1000, 0
	for x >= 999.95 && unit < len(units)-1 {
		x, unit = x/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", x, units[unit])
}

// download says how much there is to fetch.
func download(e catalogue.Entry) string {
	bytes, known := e.Size()
	switch {
	case known:
		return size(bytes)
	case bytes == 0:
		return "?"
	}
	return "> " + size(bytes)
}

// info prints all that the catalogue says of an entry.
func info(name string, out io.Writer) error {
	e, err := catalogue.Lookup(name)
	if err != nil {
		return err
	}
	root, err := catalogue.Root()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n%s\n\n", e.Name, e.Title)
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	row := func(what, text string) {
		if text == "" {
			return
		}
		for line := range strings.SplitSeq(text, "\n") {
			fmt.Fprintf(table, "%s\t%s\n", what, line)
			what = ""
		}
	}
	row("species", e.Species)
	row("region", e.Region)
	row("neurons", number(e.Holds.Neurons))
	row("edges", number(e.Holds.Edges))
	row("holds", holds(e.Holds))
	row("download", download(e))
	row("licence", e.Licence.String())
	row("  read it at", e.Licence.URL)
	row("  note", e.Licence.Note)
	for _, c := range e.Cite {
		row("cite", c.Text+" doi:"+c.DOI)
	}
	row("format", e.Format)
	row("before reading", e.Reading)
	if e.Confirmed {
		row("location", "confirmed in public sources")
	} else {
		row("location", "NOT confirmed")
	}
	row("note", e.Note)
	row("fetched", fetched(root, e))
	row("folder", filepath.Join(root, e.Name))
	for _, s := range e.Sources {
		row("file", source(s))
		for _, m := range s.Members {
			row("  of it", fmt.Sprintf("%s, %s, SHA-256 %s", m.Path, size(m.Size), orUnknown(m.SHA256)))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return nil
}

func holds(h catalogue.Holds) string {
	var has []string
	for _, part := range []struct {
		yes  bool
		word string
	}{{h.Positions, "positions"}, {h.Layers, "layers"}, {h.Classes, "classes"}, {h.SynapseCounts, "synapse counts"}, {h.SynapseSizes, "synapse sizes"}} {
		if part.yes {
			has = append(has, part.word)
		}
	}
	return strings.Join(has, ", ")
}

// source says where one download is and what is known of it.
func source(s catalogue.Source) string {
	from, sum := s.URL, "SHA-256 "+s.SHA256
	if s.Package != "" {
		from = "PyPI " + s.Package + ", " + s.File
	}
	switch {
	case s.SHA256 == "" && s.MD5 == "":
		sum = "checksum unknown: the first fetch is trusted"
	case s.SHA256 == "":
		sum = "MD5 " + s.MD5
	}
	bytes := "size unknown"
	if s.Size > 0 {
		bytes = size(s.Size)
	}
	return fmt.Sprintf("%s, %s, %s", from, bytes, sum)
}

func orUnknown(sum string) string {
	if sum == "" {
		return "unknown"
	}
	return sum
}
