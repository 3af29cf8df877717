package connectome

import (
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

const (
	caveSyn   = "id,pre_pt_root_id,post_pt_root_id,size,ctr_pt_position\n"
	fourTypes = "id,target_id,pt_root_id,classification_system,cell_type,pt_position\n" +
		"1,11,864691135866104123,excitatory_neuron,23P,\"[240640, 207872, 21360]\"\n" +
		"2,12,864691135866104125,inhibitory_neuron,BC,[240640 207872  21360]\n" +
		"3,13,864691135866104127,nonneuron,astrocyte,[1 2 3]\n" +
		"4,14,864691135866104129,excitatory_neuron,5P-ET,240640 207872 21360\n"
)

func ids64(c *Connectome) (ids []string) {
	for i := range c.Len() {
		ids = append(ids, c.Neuron(i).ID[len(c.Neuron(i).ID)-3:])
	}
	return ids
}

// Every rule of the format's description, on tables small enough to check by
// hand. Ids are the last three digits.
func TestCave(t *testing.T) {
	synapses := caveSyn + "1,864691135866104123,864691135866104125,100,[1 2 3]\n2,864691135866104123,864691135866104125,50,\n3,864691135866104125,864691135866104129,7,\n" +
		"4,864691135866104123,864691135866104127,9,\n5,0,864691135866104123,9,\n6,864691135866104129,864691135866104129,9,\n7,864691135866104129,864691135866104123,1,\n"
	for name, c := range map[string]struct {
		files   map[string]string
		reading Reading
		ids     []string
		edges   []circuit.Edge
		check   func(t *testing.T, c *Connectome)
		drops   map[string]int
		notes   []string
	}{
		"types and synapses": {
			files: map[string]string{"a.csv": synapses, "b.csv.gz": fourTypes},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				n := c.Neuron(0)
				// 240640 × 4 nm, 21360 × 40 nm, 207872 × 4 nm
				if n.Class != "23P" || n.Layer != "L2/3" || n.Sign != circuit.Excitatory || n.Position != (circuit.Position{X: 962.56, Y: 854.4, Depth: 831.488}) {
					t.Errorf("neuron 0 is %+v", n)
				}
				if n := c.Neuron(1); n.Layer != "" || n.Sign != circuit.Inhibitory || n.Position != c.Neuron(0).Position {
					t.Errorf("neuron 1 is %+v", n)
				}
				if n := c.Neuron(2); n.Layer != "L5" || n.Position != c.Neuron(0).Position {
					t.Errorf("neuron 2 is %+v", n)
				}
				sizes, unit := c.Sizes()
				if !slices.Equal(c.Synapses(), []int32{2, 1, 1}) || !slices.Equal(sizes, []float64{150, 7, 1}) || unit != "voxels" {
					t.Errorf("synapses %v, sizes %v %s", c.Synapses(), sizes, unit)
				}
			},
			drops: map[string]int{"not a neuron": 1, "not a listed neuron": 1, "root id 0": 1, "autapse": 1},
			notes: []string{"4 × 4 × 40 nm, the default", "no proofreading table", "y of the raw EM frame"},
		},
		"another voxel": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes}, reading: Reading{VoxelNM: [3]float64{3.58, 3.58, 40}},
			ids: []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if p := c.Neuron(0).Position; math.Abs(p.X-861.4912) > 1e-9 || p.Y != 854.4 {
					t.Errorf("the position is %+v", p)
				}
			},
			notes: []string{"3.58 × 3.58 × 40 nm, as asked for"},
		},
		"pairs already counted": {
			files: map[string]string{"a.csv": "pre_pt_root_id,post_pt_root_id,n_syn,sum_size,pre_nuc_id\n864691135866104123,864691135866104125,3,300,1\n864691135866104129,864691135866104125,0,0,1\n"},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}},
			check: func(t *testing.T, c *Connectome) {
				if sizes, _ := c.Sizes(); c.Synapses()[0] != 3 || sizes[0] != 300 {
					t.Errorf("synapses %v, sizes %v", c.Synapses(), sizes)
				}
			},
		},
		"a list and its counts": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes, "c.csv": "pre_pt_root_id,post_pt_root_id,n_syn\n864691135866104123,864691135866104125,3\n"},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			notes: []string{"c.csv counts synapses that a.csv lists: the list was taken"},
		},
		"no types: the cells of the proofreading table": {
			files: map[string]string{"a.csv": synapses, "p.csv": "pt_root_id,status_axon,strategy_axon,status_dendrite,valid_id\n864691135866104129,f,none,t,864691135866104129\n864691135866104123,t,axon_fully_extended,t,864691135866104000\n864691135866104125,t,axon_interareal,t,864691135866104125\n"},
			ids:   []string{"129", "123", "125"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if c.Observed(0) || !c.Observed(1) || !c.Observed(2) {
					t.Error("the mask is wrong")
				}
			},
			notes: []string{"1 axon_fully_extended, 1 axon_interareal", "1 proofread axons in p.csv were edited since", "axons of 1 of 3 neurons were not proofread"},
		},
		"who is not in the proofreading table is not proofread": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes, "p.csv": "pt_root_id,status_axon\n864691135866104123,extended\n864691135866104125,non\n"},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if !c.Observed(0) || c.Observed(1) || c.Observed(2) {
					t.Error("the mask is wrong")
				}
			},
		},
		"left out": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes, "p.csv": "pt_root_id,status_axon\n864691135866104123,extended\n864691135866104125,clean\n"}, reading: Reading{Unproofread: LeftOut},
			ids: []string{"123", "125"}, edges: []circuit.Edge{{Pre: 0, Post: 1}},
			drops: map[string]int{"axon was not proofread": 1, "not a listed neuron": 4},
		},
		"trusted": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes, "p.csv": "pt_root_id,status_axon\n864691135866104123,extended\n"}, reading: Reading{Unproofread: Trusted},
			ids: []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if c.observed != nil {
					t.Error("there is a mask")
				}
			},
			notes: []string{"are trusted, as asked for"},
		},
		"no cells at all: all ends, by id": {
			files: map[string]string{"a.csv": caveSyn + "1,999,123,1,\n2,864691135866104123,999,1,\n3,0,5,1,\n"},
			ids:   []string{"123", "999", "123"}, edges: []circuit.Edge{{Pre: 1, Post: 0}, {Pre: 2, Post: 1}},
		},
		"two somata, glia on a neuron, a repeat": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes +
				"5,15,864691135866104129,excitatory_neuron,5P-ET,[9 9 9]\n" + // a second soma
				"6,16,864691135866104123,nonneuron,oligo,[9 9 9]\n" + // glia on 123
				"7,12,864691135866104125,inhibitory_neuron,BC,[240640 207872 21360]\n" + // the same nucleus
				"8,18,0,excitatory_neuron,4P,[1 1 1]\n"},
			ids: []string{"123", "125"}, edges: []circuit.Edge{{Pre: 0, Post: 1}},
			drops: map[string]int{"more than one soma": 1, "on a neuron's root id": 1, "listed again": 1, "without a segment": 1},
		},
		"the table with types counts": {
			files: map[string]string{"a.csv": synapses, "b.csv": fourTypes, "aa.csv": "id,pt_root_id,classification_system,cell_type,pt_position_x,pt_position_y,pt_position_z\n1,864691135866104123,baylor,inhibitory,1000,1000,1000\n2,864691135866104127,is_neuron,neuron,0,0,0\n"},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if n := c.Neuron(0); n.Class != "23P" || n.Sign != circuit.Excitatory || n.Position.X != 4 {
					t.Errorf("neuron 0 is %+v, want the type of b.csv and the place of aa.csv", n)
				}
			},
			notes: []string{"1 times a table calls a cell excitatory and another inhibitory"},
		},
		"nuclei give places": {
			files: map[string]string{"a.csv": synapses, "b.csv": "pt_root_id,cell_type\n864691135866104123,23P\n864691135866104125,BC\n864691135866104129,\n", "n.csv": "id,pt_root_id,volume,pt_position\n1,864691135866104123,300,[1000 2000 3000]\n2,864691135866104125,300,[1 2 3]\n3,864691135866104125,30,[1 2 3]\n", "other.csv": "a,b\n1,2\n"},
			ids:   []string{"123", "125", "129"}, edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}},
			check: func(t *testing.T, c *Connectome) {
				if p := c.Neuron(0).Position; p != (circuit.Position{X: 4, Y: 120, Depth: 8}) || c.Neuron(1).Position.Known() {
					t.Errorf("positions are %+v and %+v", p, c.Neuron(1).Position)
				}
				if c.Neuron(0).Sign != circuit.Excitatory || c.Neuron(1).Sign != circuit.Inhibitory {
					t.Error("signs do not follow the types")
				}
			},
			notes: []string{"left aside", "other.csv", "2 of 3 neurons have no position"},
		},
		"one table of types and proofreading": {
			files: map[string]string{"a.csv": synapses, "cell_info.csv": "id,pt_root_id,nuc_volume,broad_type,cell_type,axon_cleaned,axon_strategy,pt_position_x,pt_position_y,pt_position_z\n1,864691135866104123,3,excitatory,23P,t,axon_fully_extended,1,1,1\n2,864691135866104125,3,inhibitory,MC,,,1,1,1\n"},
			ids:   []string{"123", "125"}, edges: []circuit.Edge{{Pre: 0, Post: 1}},
			check: func(t *testing.T, c *Connectome) {
				if !c.Observed(0) || c.Observed(1) || c.Neuron(1).Sign != circuit.Inhibitory {
					t.Errorf("mask or sign is wrong: %+v", c.Neuron(1))
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := OpenAs(t.Context(), write(t, c.files), c.reading)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got.Report().Layout, "CAVE") || !slices.Equal(ids64(got), c.ids) || !slices.Equal(edgesOf(got), c.edges) {
				t.Errorf("%s: neurons %v, edges %v, want %v, %v", got.Report().Layout, ids64(got), edgesOf(got), c.ids, c.edges)
			}
			if c.check != nil {
				c.check(t, got)
			}
			for what, want := range c.drops {
				if n := dropped(got.Report(), what); n != want {
					t.Errorf("%d drops are %q, want %d: %+v", n, what, want, got.Report().Drops)
				}
			}
			for _, note := range c.notes {
				if !strings.Contains(got.Report().String(), note) {
					t.Errorf("no note says %q:\n%s", note, got.Report())
				}
			}
		})
	}
}

func edgesOf(c *Connectome) (all []circuit.Edge) {
	for i := range c.Len() {
		for _, j := range c.CSR().Row(i) {
			all = append(all, circuit.Edge{Pre: i, Post: int(j)})
		}
	}
	return all
}

func TestCaveErrors(t *testing.T) {
	synapses := caveSyn + "1,864691135866104123,864691135866104125,100,\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"ids are floats":              {map[string]string{"a.csv": caveSyn + "1,8.646911358661041e+17,864691135866104125,1,\n"}, []string{"a.csv", "line 2", `column "pre_pt_root_id"`, "53 of their 64 bits", "Export them again"}},
		"ids end in .0":               {map[string]string{"a.csv": synapses + "2,864691135866104123,864691135866104128.0,1,\n"}, []string{"line 3", `column "post_pt_root_id"`, "floats"}},
		"an id is a word":             {map[string]string{"a.csv": synapses + "2,864691135866104123,x,1,\n"}, []string{"line 3", `"x" is not an id`}},
		"an id is negative":           {map[string]string{"a.csv": synapses + "2,-5,1,1,\n"}, []string{"line 3", `"-5" is not an id`}},
		"an id has more than 64 bits": {map[string]string{"a.csv": synapses + "2,18446744073709551616,1,1,\n"}, []string{"line 3", "is not an id"}},
		"a size is a word":            {map[string]string{"a.csv": synapses + "2,1,2,big,\n"}, []string{"line 3", `column "size"`, `"big"`}},
		"a size is missing":           {map[string]string{"a.csv": synapses + "2,1,2,,\n"}, []string{"line 3", `column "size"`, "0 or more"}},
		"half a synapse":              {map[string]string{"a.csv": "pre_pt_root_id,post_pt_root_id,n_syn\n1,2,1.5\n"}, []string{"line 2", `column "n_syn"`, "1.5 is not a number of synapses"}},
		"a place of two":              {map[string]string{"a.csv": synapses, "b.csv": fourTypes + "5,15,9,excitatory_neuron,4P,[1 2]\n"}, []string{"b.csv", "line 6", `column "pt_position"`, "x, y and z are needed"}},
		"a status that is none":       {map[string]string{"a.csv": synapses, "p.csv": "pt_root_id,status_axon\n1,maybe\n"}, []string{"p.csv", "line 2", `column "status_axon"`, `"maybe"`}},
		"an empty table":              {map[string]string{"a.csv": synapses, "p.csv": ""}, []string{"p.csv", "the file is empty"}},
		"parquet by name":             {map[string]string{"a.csv": synapses, "p.parquet": "pt_root_id,status_axon\n"}, []string{"p.parquet", "not a parquet file"}},
		"cells without synapses":      {map[string]string{"b.csv": fourTypes}, []string{"b.csv", "none of synapses", "pre_pt_root_id and post_pt_root_id"}},
		"a dump shorter than said":    {map[string]string{"t_header.csv": "pre_pt_root_id,bigint\npost_pt_root_id,bigint\n", "t.csv": "1,2\n3\n"}, []string{"t.csv", "line 2", "1 fields, the header has 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), write(t, c.files))
			var parse *ParseError
			if err == nil || !errors.As(err, &parse) && name != "cells without synapses" {
				t.Fatalf("error is %v, want a ParseError", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
	type floats struct {
		Pre  float64 `parquet:"pre_pt_root_id"`
		Post int64   `parquet:"post_pt_root_id"`
	}
	dir := t.TempDir()
	layParquet(t, filepath.Join(dir, "s.parquet"), []floats{{1, 2}, {8.6e17, 3}})
	if _, err := Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), `column "pre_pt_root_id": row 0: ids are floats`) {
		t.Errorf("float ids of a parquet table give %v", err)
	}
}

func TestReadCellType(t *testing.T) {
	for _, c := range []struct {
		system, word string
		want         cellType
	}{
		{"excitatory_neuron", "23P", cellType{class: "23P", sign: 1, detail: 2, layer: "L2/3"}},
		{"", "6P-CT", cellType{class: "6P-CT", sign: 1, detail: 2, layer: "L6"}},
		{"aibs_coarse_excitatory", "5P_NP", cellType{class: "5P_NP", sign: 1, detail: 2, layer: "L5"}},
		{"excitatory_neuron", "L3b", cellType{class: "L3b", sign: 1, detail: 2, layer: "L3"}},
		{"inhibitory_neuron", "DTC", cellType{class: "DTC", sign: -1, detail: 2}},
		{"", "BPC", cellType{class: "BPC", sign: -1, detail: 2}},
		{"nonneuron", "OPC", cellType{class: "OPC", kind: noNeuron, detail: 2}},
		{"aibs_coarse_nonneuronal", "astrocyte", cellType{class: "astrocyte", kind: noNeuron, detail: 2}},
		{"is_neuron", "neuron", cellType{}},
		{"is_neuron", "not-neuron", cellType{class: "not-neuron", kind: noNeuron, detail: 2}},
		{"baylor_log_reg_cell_type_coarse", "inhibitory", cellType{sign: -1, detail: 1}},
		{"", "e", cellType{sign: 1, detail: 1}},
		{"", "uncertain", cellType{kind: perhapsNeuron}},
		{"mystery", "7Q", cellType{class: "7Q", detail: 2}},
	} {
		if got := readCellType(c.system, c.word); got != c.want {
			t.Errorf("%q, %q: %+v, want %+v", c.system, c.word, got, c.want)
		}
	}
}

// The published synapse list of pinky100 (Turner et al. 2022,
// doi:10.1016/j.cell.2022.01.023; Zenodo 3710459) gives the edges of its pack.
func TestPublishedPinkyThroughCave(t *testing.T) {
	dir := outside.Pack(t, "microns-pinky100-v185")
	got, err := OpenAs(t.Context(), filepath.Join(dir, "soma_subgraph_synapses_spines_v185.csv"), Reading{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "edges.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got.Len() != 334 || got.Edges() != 1734 || synapses(got) != 1959 || mutual(got) != 31 || dropped(got.Report(), "autapse") != 2 {
		t.Errorf("%d neurons, %d edges, %d synapses, %d mutual pairs, %d autapses", got.Len(), got.Edges(), synapses(got), mutual(got), dropped(got.Report(), "autapse"))
	}
	at := map[string]int{}
	for i := range got.Len() {
		at[got.Neuron(i).ID] = i
	}
	sizes, _ := got.Sizes()
	for _, row := range rows[1:] {
		pre, post := at[row[0]], at[row[1]]
		k, found := slices.BinarySearch(got.CSR().Row(pre), int32(post))
		if !found {
			t.Fatalf("%s→%s is not an edge", row[0], row[1])
		}
		k += int(got.CSR().Offsets[pre])
		if count, size := strconv.Itoa(int(got.Synapses()[k])), strconv.FormatFloat(sizes[k], 'f', -1, 64); count != row[2] || size != row[3] {
			t.Errorf("%s→%s has %s synapses of %s voxels, the pack says %s and %s", row[0], row[1], count, size, row[2], row[3])
		}
	}
}

// With the table of pinky100's somata, neurons are its cells called e or i, at
// places that are 3.58 nm voxels.
func TestPublishedPinkySomata(t *testing.T) {
	dir := outside.Pack(t, "microns-pinky100-v185")
	place := t.TempDir()
	for _, file := range []string{"soma_subgraph_synapses_spines_v185.csv", "soma_valence_v185.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(place, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := OpenAs(t.Context(), place, Reading{VoxelNM: [3]float64{3.58, 3.58, 40}})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Edges() != 1734 {
		t.Errorf("%d edges, want 1734:\n%s", got.Edges(), got.Report())
	}
	at := map[string]circuit.Neuron{}
	for i := range got.Len() {
		at[got.Neuron(i).ID] = got.Neuron(i)
	}
	for i := range pack.Len() {
		want := pack.Neuron(i)
		if n := at[want.ID]; n.Sign != want.Sign || !(n.Position.Distance(want.Position) < .01) {
			t.Errorf("%s is %+v, the pack says %+v", want.ID, n, want)
		}
	}
}
