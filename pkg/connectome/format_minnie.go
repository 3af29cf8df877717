package connectome

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// The minnie65 pack is the part of MICrONS release v117 that its proofreading
// table speaks of: 595 neurons in nodes.csv, of which 249 (in_249) have a
// proofread axon. edges_proofread249_all_targets has all outputs of those;
// edges_exc492, where it is there, has what was seen of the outputs of
// unproofread excitatory neurons onto each other.
//
// Reading.Unproofread decides what becomes of the other 346. Masked, the
// default: they stay, as targets, and what was seen of their outputs stands in
// rows that are marked as not observed. LeftOut: the 249 among themselves, the
// graph of published counts. Trusted: all 595, with what little was seen of 346
// axons taken for all there is.
func minniePack() format {
	return format{
		Format: Format{Name: minnieLayout.short, Title: minnieLayout.name, Folder: true},
		match:  matchMinnie, read: readMinnie,
	}
}

var minnieLayout = layout{
	short: "minnie65-pack", name: "MICrONS minnie65, proofread axons",
	nodes: "nodes", nodeColumns: []string{"root_id", "in_249", "ei", "cell_type", "layer", "x_um", "y_um", "z_um"},
	edges: "edges_proofread249_all_targets", edgeColumns: []string{"pre", "post", "n_syn"},
	edge: plainEdge("pre", "post", "n_syn"),
	finish: func(d *Data, _ []float64) error {
		d.Report.Notes = append(d.Report.Notes, "depth is y of the raw EM frame, not rotated to the pia", "inhibitory means: not called excitatory by the soma classifier")
		return nil
	},
}

// minniePartial has the edges of unproofread axons.
const minniePartial = "edges_exc492"

func matchMinnie(s *source) (files []string, near error) {
	files, near = minnieLayout.match(s)
	if file := s.table(minniePartial); files != nil && s.hasColumns(file, minnieLayout.edgeColumns...) {
		files = append(files, file)
	}
	return files, near
}

func readMinnie(ctx context.Context, s *source, files []string, r Reading) (Data, error) {
	proofread := map[string]bool{}
	l := minnieLayout
	l.neuron = func(t *table) (circuit.Neuron, string, error) {
		n, err := minnieNeuron(t)
		if err != nil {
			return n, "", err
		}
		in, err := t.flag("in_249")
		proofread[n.ID] = in
		if !in && r.Unproofread == LeftOut {
			return n, "neuron whose axon was not proofread", err
		}
		return n, "", err
	}
	p := &pack{layout: l, index: map[string]int{}, drops: map[string]int{}}
	if err := readTable(ctx, s.join(files[0]), p.addNeuron); err != nil {
		return Data{}, err
	}
	if err := readTable(ctx, s.join(files[1]), p.addEdge); err != nil {
		return Data{}, err
	}
	if len(files) > 2 && r.Unproofread != LeftOut {
		err := readTable(ctx, s.join(files[2]), func(t *table) error {
			if proofread[t.text("pre")] { // its edges are in the other table
				return nil
			}
			return p.addEdge(t)
		})
		if err != nil {
			return Data{}, err
		}
	}
	if r.Unproofread == "" || r.Unproofread == Masked {
		p.mask(proofread)
	}
	return p.finish()
}

// minnieNeuron reads a row of nodes.csv.
func minnieNeuron(t *table) (circuit.Neuron, error) {
	n, err := typedNeuron(t, "root_id", "cell_type", circuit.Layer(t.text("layer")))
	if err == nil {
		n.Position, err = position(t, "x_um", "z_um", "y_um") // y is depth in the raw EM frame
	}
	return n, err
}

// mask marks the rows of those that are not in observed.
func (p *pack) mask(observed map[string]bool) {
	masked := 0
	for _, n := range p.data.Neurons {
		p.data.Observed = append(p.data.Observed, observed[n.ID])
		if !observed[n.ID] {
			masked++
		}
	}
	p.data.Report.Notes = append(p.data.Report.Notes, fmt.Sprintf("the axons of %d of %d neurons were not proofread: their outputs are unknown but for what was seen", masked, len(p.data.Neurons)))
}
