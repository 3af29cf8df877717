package connectome

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// caveTable is a table of a CAVE folder, and what it is by its columns.
type caveTable struct {
	file    string
	sidecar string   // the file with its header, "" where it has its own
	header  []string // where the file has none
	columns []string
	// A table may be several: aibs_cell_info has types and proofreading.
	synapses, counted      bool // a row a synapse; a row a pair of neurons
	types, nuclei, proofed bool
}

// Names of columns, in the words of CAVE's tables, of the static releases and of
// pinky100's, the usual one first.
var (
	preColumns   = []string{"pre_pt_root_id", "pre_root_id"}
	postColumns  = []string{"post_pt_root_id", "post_root_id"}
	countColumns = []string{"n_syn", "n_synapses", "syn_count", "num_synapses"}
	sizeColumns  = []string{"sum_size", "size", "cleft_vx"}
	rootColumns  = []string{"pt_root_id", "root_id", "pre_root_id"}
	typeColumns  = []string{"cell_type", "broad_type"}
	groupColumns = []string{"broad_type", "classification_system"}
	axonColumns  = []string{"status_axon", "axon_cleaned"}
	wayColumns   = []string{"strategy_axon", "axon_strategy"}
)

// staticHeaders are the columns of the v117 release's files, which have no
// header (bossdb-open-data/iarpa_microns/minnie, July 2021).
var staticHeaders = map[string][]string{
	"synapses_pni_2": {
		"id", "valid", "pre_pt_position_x", "pre_pt_position_y", "pre_pt_position_z", "pre_pt_supervoxel_id", "pre_pt_root_id",
		"post_pt_position_x", "post_pt_position_y", "post_pt_position_z", "post_pt_supervoxel_id", "post_pt_root_id",
		"ctr_pt_position_x", "ctr_pt_position_y", "ctr_pt_position_z", "size",
	},
	"nucleus_neuron_svm":                 {"id", "valid", "pt_supervoxel_id", "pt_root_id", "pt_position_x", "pt_position_y", "pt_position_z", "classification_system", "cell_type"},
	"nucleus_detection_v0":               {"id", "valid", "pt_supervoxel_id", "pt_root_id", "pt_position_x", "pt_position_y", "pt_position_z", "volume"},
	"proofreading_status_public_release": {"id", "valid", "pt_position_x", "pt_position_y", "pt_position_z", "pt_supervoxel_id", "pt_root_id", "valid_id", "status_dendrite", "status_axon"},
}

// sidecarSuffix ends the name of a file that has the columns of another, a line
// a column with its name and its type, as in the materialization dumps of CAVE.
const sidecarSuffix = "_header.csv"

// caveTables returns the source's tables that CAVE could have written, the names
// of others, and why some cannot be told: those could be a proofreading table,
// without which all rows would be taken for observed.
func caveTables(s *source) (all []caveTable, others []string, broken error) {
	for _, file := range slices.Concat(s.with(".csv"), s.with(".parquet")) {
		if strings.HasSuffix(file, sidecarSuffix) {
			continue
		}
		t := caveTable{file: file}
		var err error
		t.sidecar, t.header = s.missingHeader(file)
		if t.columns, err = s.columnsOf(file, t.header); err != nil {
			broken = errors.Join(broken, err)
			continue
		}
		t.recognise()
		if t.synapses || t.counted || t.types || t.nuclei || t.proofed {
			all = append(all, t)
		} else {
			others = append(others, file)
		}
	}
	return all, others, broken
}

// missingHeader returns the columns of a csv file that has no header of its own,
// and the file that names them; nothing where it has one.
func (s *source) missingHeader(file string) (sidecar string, header []string) {
	stem := strings.TrimSuffix(strings.TrimSuffix(file, ".gz"), ".csv")
	if slices.Contains(s.files, stem+sidecarSuffix) {
		r := csv.NewReader(strings.NewReader(string(s.head(stem + sidecarSuffix))))
		r.FieldsPerRecord = -1
		lines, err := r.ReadAll()
		if err != nil || len(lines) == 0 {
			return "", nil
		}
		for _, line := range lines {
			header = append(header, headerWord(line[0]))
		}
		return stem + sidecarSuffix, header
	}
	header = staticHeaders[stem]
	// The same table, with a header, comes from CAVE itself.
	if first := s.header(file); len(header) == 0 || len(first) != len(header) || !allDigits(first[0]) {
		return "", nil
	}
	return "", header
}

func allDigits(text string) bool {
	_, err := strconv.ParseUint(text, 10, 64)
	return err == nil
}

// recognise says what a table is.
func (t *caveTable) recognise() {
	any := func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(t.columns, n) })
	}
	if any(preColumns) && any(postColumns) {
		t.counted = any(countColumns)
		t.synapses = !t.counted
		return
	}
	if !any(rootColumns) {
		return
	}
	t.types = any(typeColumns)
	t.proofed = any(axonColumns) || any(wayColumns)
	t.nuclei = !t.types && !t.proofed && any([]string{"volume", "nuc_volume"})
}

// matchCave takes a folder with a synapse table, or that table alone.
func matchCave(s *source) (files []string, near error) {
	tables, _, broken := caveTables(s)
	has := func(of func(t caveTable) bool) bool { return slices.ContainsFunc(tables, of) }
	if !has(func(t caveTable) bool { return t.synapses || t.counted }) {
		if has(func(t caveTable) bool { return t.types || t.proofed }) && !s.single() {
			near = fmt.Errorf("connectome: open: %s has tables of cells (%s) but none of synapses: format cave needs one with columns pre_pt_root_id and post_pt_root_id", s.path, tables[0].file)
		}
		return nil, near
	}
	if broken != nil {
		return nil, broken
	}
	for _, t := range tables {
		files = append(files, t.file)
		if t.sidecar != "" {
			files = append(files, t.sidecar)
		}
	}
	return files, nil
}

// somaKind is what a table makes of a cell.
type somaKind int

const (
	aNeuron somaKind = iota
	noNeuron
	perhapsNeuron
)

// Cell types that tell more than their classification system does. All others
// are taken as they are.
var (
	glia       = []string{"astrocyte", "microglia", "oligo", "oligodendrocyte", "opc", "pericyte", "endothelial", "g", "glia"}
	inhibitory = []string{"bc", "bpc", "mc", "ngc", "ptc", "dtc", "itc", "stc", "sst", "vip", "pv"}
)

// cellType is what the words of a cell-type table say.
type cellType struct {
	kind somaKind
	// class is "" where the words are only those of a sign.
	class string
	sign  int
	// detail is 2 for a type, 1 for a sign, 0 for less.
	detail int
	layer  string
}

// readCellType reads a classification system, such as "excitatory_neuron", and
// a cell type, such as "23P".
func readCellType(system, word string) cellType {
	var t cellType
	lower := strings.ToLower(word)
	group := strings.ToLower(system) + " " + lower
	switch {
	case strings.Contains(group, "inhib") || lower == "i":
		t.sign, t.detail = -1, 1
	case strings.Contains(group, "excit") || lower == "e":
		t.sign, t.detail = +1, 1
	}
	switch {
	case slices.Contains(glia, lower), strings.Contains(group, "nonneur"), strings.Contains(group, "non-neur"), strings.Contains(group, "non_neur"), strings.Contains(group, "not-neur"), strings.Contains(group, "not_neur"):
		t.kind = noNeuron
	case lower == "uncertain" || lower == "unsure":
		t.kind = perhapsNeuron
	}
	switch lower {
	case "", "e", "i", "neuron", "excitatory", "inhibitory", "excitatory_neuron", "inhibitory_neuron", "uncertain", "unsure", "nan":
		return t
	}
	t.class, t.detail, t.layer = word, 2, layerOf(word)
	if t.sign == 0 && t.kind == aNeuron {
		switch {
		case slices.Contains(inhibitory, lower):
			t.sign = -1
		case t.layer != "":
			t.sign = +1
		}
	}
	return t
}

// layerOf returns the layer that a type's name says: that of "23P", "5P-IT" and
// "6P_CT", and of the morphological types "L2a", "L3b", "L5ET"; "" for others.
func layerOf(word string) string {
	digits := strings.TrimPrefix(word, "L")
	prefixed := digits != word
	rest := strings.TrimLeft(digits, "0123456789")
	digits = digits[:len(digits)-len(rest)]
	if !prefixed && !strings.HasPrefix(rest, "P") {
		return ""
	}
	switch digits {
	case "23":
		return "L2/3"
	case "1", "2", "3", "4", "5", "6":
		return "L" + digits
	}
	return ""
}
