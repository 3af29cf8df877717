package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// The README's table stands between these lines.
const (
	tableBegin = "<!-- results: written by go run ./figures -->"
	tableEnd   = "<!-- end of results -->"
)

// tableRows are the rows of the README's table; beside names the baseline that
// stands in brackets.
var tableRows = []struct{ label, name, beside string }{
	{"Held-out edges, AUC", "reconstruction.slots.edge_auc", "class × distance"},
	{"Held-out edges, average precision", "reconstruction.slots.edge_ap", "class × distance"},
	{"Class of a slot, accuracy", "reconstruction.slots.class_accuracy", "usual class of the slot"},
	{"Length of the code, nats", "reconstruction.slots.kl_nats", ""},
	{"Active units of 16", "reconstruction.slots.active_units", ""},
	{"Probe of density, R²", "probe.slots.r2.density", "training mean"},
	{"– across training regions", "probe.slots.r2_across.density", ""},
	{"Probe of spectral radius, R²", "probe.slots.r2.spectral_radius", "training mean"},
	{"– across training regions", "probe.slots.r2_across.spectral_radius", ""},
	{"Probe of out-degree sd, R²", "probe.slots.r2.out_degree_sd", "training mean"},
	{"– across training regions", "probe.slots.r2_across.out_degree_sd", ""},
	{"Steering density, miss in sd: linear", "steer.linear.hit_sd.density", "no step"},
	{"– likely, calibrated", "steer.calibrated.hit_sd.density", "no step"},
	{"Steering reciprocity, miss in sd: linear", "steer.linear.hit_sd.reciprocity", "no step"},
	{"– likely, calibrated", "steer.calibrated.hit_sd.reciprocity", "no step"},
	{"– likely, calibrated: median drift, sd", "steer.calibrated.drift_sd", "no step"},
}

// tableColumns are the datasets that the README shows.
var tableColumns = []struct{ title, dataset string }{
	{"synthetic cortex", artifact.Cortex},
	{"rat SSCx column", "bbp-rat-sscx-column"},
}

// table writes rows of the standard preset as Markdown.
func table(rows []artifact.Row) string {
	var b strings.Builder
	b.WriteString("| |")
	for _, c := range tableColumns {
		b.WriteString(" " + c.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(tableColumns)) + "\n")
	for _, r := range tableRows {
		b.WriteString("| " + r.label + " |")
		for _, c := range tableColumns {
			b.WriteString(" " + cell(rows, r.name, c.dataset, r.beside) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// cell writes value, interval and baseline, or a dash where there is no row.
func cell(rows []artifact.Row, name, dataset, beside string) string {
	i := slices.IndexFunc(rows, func(r artifact.Row) bool {
		return r.Name == name && r.Dataset == dataset && r.Preset == string(artifact.Standard) && strings.HasPrefix(r.Backend, "xla")
	})
	if i < 0 || math.IsNaN(rows[i].Value) {
		return "–"
	}
	r := rows[i]
	text := fmt.Sprintf("%.3g", r.Value)
	if !math.IsNaN(r.Lo) && !math.IsNaN(r.Hi) && r.Lo < r.Hi {
		text += fmt.Sprintf(" [%.3g, %.3g]", r.Lo, r.Hi)
	}
	if value, there := r.Baselines[beside]; there {
		text += fmt.Sprintf(" (%s: %.3g)", beside, value)
	}
	return text
}

// updateReadme puts the table into the README, which must have its two marks.
func updateReadme(path string, rows []artifact.Row) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a clone without it has nothing to update
	} else if err != nil {
		return err
	}
	updated, err := withTable(string(text), table(rows))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if updated == string(text) {
		return nil
	}
	return artifact.WriteFile(path, []byte(updated))
}

func withTable(readme, table string) (string, error) {
	before, rest, begins := strings.Cut(readme, tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		return "", fmt.Errorf("no lines %q and %q for the table of results", tableBegin, tableEnd)
	}
	return before + tableBegin + "\n\n" + table + "\n" + tableEnd + after, nil
}
