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

// The README's tables stand between lines such as these.
const (
	tableBegin = "<!-- %s: written by go run ./figures -->"
	tableEnd   = "<!-- end of %s -->"
)

// tables are those of the README, by the name in their lines.
var tables = []struct {
	name string
	of   func([]artifact.Row) string
}{{"results", table}, {"speed", speedTable}}

// speedRows are the ratios of the README's table of speed.
var speedRows = []struct{ job, peer, name string }{
	{"triad census", "igraph", "speed.triads.ratio_igraph"},
	{"directed clustering", "bctpy", "speed.clustering.ratio_bctpy"},
	{"betweenness", "igraph", "speed.betweenness.ratio_igraph"},
	{"path length and efficiency", "igraph", "speed.paths.ratio_igraph"},
	{"directed Louvain", "networkx", "speed.louvain.ratio_networkx"},
	{"strong components", "igraph", "speed.components.ratio_igraph"},
	{"directed simplices", "pyflagser", "speed.simplices.ratio_pyflagser"},
	{"degree-preserving rewiring", "igraph", "speed.rewire.ratio_igraph"},
}

// speedTable writes how many times the peer's time of ours, with the least and the
// greatest of the rounds.
func speedTable(rows []artifact.Row) string {
	var b strings.Builder
	b.WriteString("| of a 100-neuron circuit | times faster than | |\n|---|---|---|\n")
	for _, s := range speedRows {
		value := "–"
		if i := slices.IndexFunc(rows, func(r artifact.Row) bool { return r.Name == s.name }); i >= 0 {
			value = fmt.Sprintf("%.3g (%.3g to %.3g)", rows[i].Value, rows[i].Lo, rows[i].Hi)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.job, s.peer, value)
	}
	return b.String()
}

// tableRows are the rows of the README's table; beside names the baseline that
// stands in brackets.
var tableRows = []struct{ label, name, beside string }{
	{"*Wiring of given neurons (Exchangeable)*: nats per pair, code counted", "reconstruction.exchangeable.nats_per_pair", "class × distance"},
	{"– below two numbers a neuron, integrated out, by", "reconstruction.exchangeable.nats_below.sender_receiver", ""},
	{"– share of the way from class × distance to the truth", "oracle.gap_closed", ""},
	{"– active units of 16", "reconstruction.exchangeable.active_units", ""},
	{"Hidden fifth of the pairs foretold, AUC", "inpainting.exchangeable.edge_auc", "class × distance"},
	{"Hidden fifth of the axons foretold, AUC", "inpainting.rows.exchangeable.edge_auc", "class × distance"},
	{"Made wirings told from real ones, AUC", "generation.conditional.classifier_auc", "class × distance, neurons given"},
	{"Measures of made wirings within the noise of regions", "generation.conditional.share_within_floor", "class × distance, neurons given"},
	{"Requests met, of 200, near and far, one to three targets: gradient", "steer.gradient.hit_rate", "rewire"},
	{"– surrogate", "steer.surrogate.hit_rate", "retrieval"},
	{"– those up to 2 sd: gradient", "steer.gradient.hit_rate.near", ""},
	{"– drift of what was to be held, sd: gradient", "steer.gradient.held_drift_sd", "rewire"},
	{"*Whole circuits in slots (Slots)*: held-out edges, AUC", "reconstruction.slots.edge_auc", "class × distance"},
	{"– average precision", "reconstruction.slots.edge_ap", "class × distance"},
	{"Kinds of triads, of 13, beyond 2 sd of what degrees give", "null.configuration.triads_over_2sd", "er"},
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
		return r.Name == name && r.Dataset == dataset && r.Preset == string(artifact.Standard) && (strings.HasPrefix(r.Backend, "xla") || r.Backend == "none")
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

// updateReadme puts the tables into the README, which must have their marks.
func updateReadme(path string, rows []artifact.Row) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a clone without it has nothing to update
	} else if err != nil {
		return err
	}
	updated := string(text)
	for _, t := range tables {
		if updated, err = withTable(updated, t.name, t.of(rows)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if updated == string(text) {
		return nil
	}
	return artifact.WriteFile(path, []byte(updated))
}

// withTable returns the README with the table between its lines.
func withTable(readme, name, table string) (string, error) {
	begin, end := fmt.Sprintf(tableBegin, name), fmt.Sprintf(tableEnd, name)
	before, rest, begins := strings.Cut(readme, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return "", fmt.Errorf("no lines %q and %q for the table of %s", begin, end, name)
	}
	return before + begin + "\n\n" + table + "\n" + end + after, nil
}
