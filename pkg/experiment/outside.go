package experiment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

// OutsideName is the name of the experiment on tissue from elsewhere.
const OutsideName = "outside"

// Outside is how a model that was trained on the embedded cortex does on a
// reconstruction that it never saw, beside answers that were fitted where the
// model was, and simple ones fitted to the reconstruction's other pieces.
type Outside struct {
	// Name of the reconstruction; Neurons that have a class that the model knows, and
	// a place, of All; Circuits that they make, and Observed rows in these.
	Name     string `json:"name"`
	All      int    `json:"all"`
	Neurons  int    `json:"neurons"`
	Circuits int    `json:"circuits"`
	Observed int    `json:"observed"`
	// Model, Others and Margins are as in fidelity.Standing.
	Model   fidelity.Bounds   `json:"model"`
	Others  []fidelity.Bounds `json:"others"`
	Margins []fidelity.Margin `json:"margins"`
	// Hidden has a fifth of the observed pairs hidden.
	Hidden fidelity.InpaintingTask `json:"hidden"`
}

// Outside tries the Exchangeable model of the embedded cortex on every
// reconstruction in CORTIGEN_DATA that has neurons of the model's classes, at
// places that are known: on all of them, in pieces that share none. Rows that were
// not observed are masked. Others are passed over, and so is every setting but the
// embedded cortex, whose classes are those that reconstructions name.
func (r *Run) Outside(ctx context.Context) ([]Outside, error) {
	var all []Outside
	err := r.eachOutside(ctx, func(other *Run, sum string) error {
		k, err := r.wiringKey(ctx, OutsideName+"."+sum, "outside.go standing.go inpainting.go answers.go survey.go tissue.go")
		if err != nil {
			return err
		}
		o, err := named(ctx, r, OutsideName+"."+other.Setting.DatasetName(), k, func(ctx context.Context) (Outside, error) {
			r.progress("outside", 0, 1, other.Setting.DatasetName())
			return r.outside(ctx, other)
		})
		if err == nil && o.Circuits > 0 {
			all = append(all, o)
		}
		return err
	})
	return all, err
}

// eachOutside visits the reconstructions in CORTIGEN_DATA, where the setting is the
// embedded cortex, with their checksums.
func (r *Run) eachOutside(ctx context.Context, visit func(other *Run, sum string) error) error {
	if r.Setting.Dataset != artifact.Cortex {
		return nil
	}
	packs, err := knownPacks(os.Getenv("CORTIGEN_DATA"))
	if err != nil {
		return err
	}
	for _, path := range packs {
		other := r.of(path)
		sum, err := other.tissueChecksum()
		if err == nil {
			err = visit(other, sum)
		}
		if err != nil {
			return fmt.Errorf("experiment: outside: %s: %w", other.Setting.DatasetName(), err)
		}
	}
	return nil
}

// piece is the most neurons of a circuit from outside, and the fewest (ours): as
// many as the circuits have that the model was trained on, where there are.
const piece, fewest = 100, 20

// outside tries the model on one reconstruction.
func (r *Run) outside(ctx context.Context, other *Run) (Outside, error) {
	p, err := r.population(ctx)
	if err != nil {
		return Outside{}, err
	}
	tissue, circuits, err := maskedPieces(ctx, other, p.Train)
	if err != nil {
		return Outside{}, err
	}
	o := Outside{Name: other.Setting.DatasetName(), All: tissue.Len()}
	if len(circuits) < 2 { // one piece has no others to fit anything to
		return o, nil
	}
	o.Circuits = len(circuits)
	for _, c := range circuits {
		o.Neurons, o.Observed = o.Neurons+c.Len(), o.Observed+c.ObservedRows()
	}
	return o, r.judgeOutside(ctx, p, circuits, &o)
}

// piecesOf are maskedPieces whose rows all count: neurons to be wired anew.
func piecesOf(ctx context.Context, other *Run, train []*circuit.Circuit) ([]*circuit.Circuit, error) {
	_, circuits, err := maskedPieces(ctx, other, train)
	for i, c := range circuits {
		if err == nil {
			circuits[i], err = c.WithObserved(nil)
		}
	}
	return circuits, err
}

// maskedPieces are circuits of a reconstruction's neurons of the classes, and at
// places, that the model of these training circuits knows.
func maskedPieces(ctx context.Context, other *Run, train []*circuit.Circuit) (*connectome.Connectome, []*circuit.Circuit, error) {
	tissue, err := other.Tissue(ctx)
	if err != nil {
		return nil, nil, err
	}
	usual := usualDepths(train)
	known := tissue.Where(func(i int) bool {
		_, named := usual[tissue.Neuron(i).Class]
		return named && tissue.Neuron(i).Position.Known()
	})
	circuits, err := pieces(tissue, known, usual)
	return tissue, circuits, err
}

// judgeOutside fills in what the answers cost, and how well they foretell.
func (r *Run) judgeOutside(ctx context.Context, p population, circuits []*circuit.Circuit, o *Outside) error {
	w, err := r.wired(ctx)
	if err != nil {
		return err
	}
	if o.Model, err = r.importance(ctx, w.model(), circuits); err != nil {
		return err
	}
	rivals, err := fidelity.Inpainters(ctx, p.Train, r.sizes().Wiring.Effects, r.seed().Sub("inpainters"))
	if err != nil {
		return err
	}
	if o.Others, err = r.othersOutside(ctx, p, rivals, circuits); err != nil {
		return err
	}
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	for _, other := range o.Others {
		below, err := o.Model.Below(other, draws, intervals)
		if err != nil {
			return err
		}
		o.Margins = append(o.Margins, fidelity.Margin{Over: other.Name, Nats: below})
	}
	s := r.seed().Sub("outside")
	puzzles, err := fidelity.Hide(circuits, hiddenShare, fidelity.HidePairs, s)
	if err != nil {
		return err
	}
	o.Hidden, err = r.inpaint(ctx, w, rivals, puzzles, s.Sub("complete"))
	return err
}

// othersOutside are the costs of answers fitted to the model's training circuits,
// and of two fitted to the reconstruction itself, each circuit by the rest.
func (r *Run) othersOutside(ctx context.Context, p population, rivals []fidelity.Inpainter, circuits []*circuit.Circuit) ([]fidelity.Bounds, error) {
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	var all []fidelity.Bounds
	table := fidelity.FitClassDistance(p.Train)
	exact := func(name string, predict func(i int) []float64) error {
		report, err := fidelity.Evaluate(ctx, name, circuits, func(i int) ([]float64, error) { return predict(i), nil }, draws, intervals)
		all = append(all, fidelity.ExactBounds(report))
		return err
	}
	rest := func(i int) []*circuit.Circuit { return slices.Concat(circuits[:i], circuits[i+1:]) }
	err := exact(table.Name(), func(i int) []float64 { return table.Predict(circuits[i]) })
	if err == nil {
		err = exact("density of the other pieces", func(i int) []float64 { return fidelity.FitDensity(rest(i)).Predict(circuits[i]) })
	}
	if err == nil {
		err = exact("class × distance of the other pieces", func(i int) []float64 { return fidelity.FitClassDistance(rest(i)).Predict(circuits[i]) })
	}
	for _, rival := range rivals {
		if effects, ours := rival.(*fidelity.SenderReceiver); ours && err == nil {
			var b fidelity.Bounds
			b, err = effects.Bound(ctx, circuits, r.sizes().Wiring.Importance, draws, intervals)
			all = append(all, b)
		}
	}
	return all, err
}

// usualDepths are the mean depths of classes.
func usualDepths(circuits []*circuit.Circuit) map[circuit.Class]float64 {
	sum, count := map[circuit.Class]float64{}, map[circuit.Class]float64{}
	for _, c := range circuits {
		for _, n := range c.Neurons() {
			if n.Position.Known() {
				sum[n.Class] += n.Position.Depth
				count[n.Class]++
			}
		}
	}
	for class := range sum {
		sum[class] /= count[class]
	}
	return sum
}

// pieces divides neurons into circuits by halving them along the longer side of
// where they lie, seen from above, until none has more than piece. Those with too
// few neurons, or without an edge that could be seen, are left out. A
// reconstruction may count depth from elsewhere: all of it is moved so that its
// neurons lie as deep, in the mean, as is usual for their classes.
func pieces(tissue *connectome.Connectome, indices []int, usual map[circuit.Class]float64) ([]*circuit.Circuit, error) {
	if len(indices) == 0 {
		return nil, nil
	}
	shift := 0.
	for _, i := range indices {
		shift += (usual[tissue.Neuron(i).Class] - tissue.Neuron(i).Position.Depth) / float64(len(indices))
	}
	var circuits []*circuit.Circuit
	for _, part := range halved(tissue, indices) {
		c, err := tissue.Circuit(part)
		if err != nil {
			return nil, err
		}
		if c.Len() < fewest || c.Edges() == 0 || c.ObservedRows() == 0 {
			continue
		}
		moved, err := deeper(c, shift)
		if err != nil {
			return nil, err
		}
		origin := c.Origin()
		origin.Region = fmt.Sprintf("piece-%d", len(circuits))
		circuits = append(circuits, moved.WithOrigin(origin).Canonical())
	}
	return circuits, nil
}

// halved divides neurons until no part has more than piece.
func halved(tissue *connectome.Connectome, indices []int) [][]int {
	if len(indices) <= piece {
		return [][]int{indices}
	}
	x := func(i int) float64 { return tissue.Neuron(i).Position.X }
	y := func(i int) float64 { return tissue.Neuron(i).Position.Y }
	along := x
	if width(indices, y) > width(indices, x) {
		along = y
	}
	sorted := slices.Clone(indices)
	slices.SortStableFunc(sorted, func(i, j int) int { return cmp.Compare(along(i), along(j)) })
	half := len(sorted) / 2
	return append(halved(tissue, sorted[:half]), halved(tissue, sorted[half:])...)
}

// width is how far apart the farthest neurons are along an axis.
func width(indices []int, along func(i int) float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, i := range indices {
		lo, hi = min(lo, along(i)), max(hi, along(i))
	}
	return hi - lo
}

// deeper returns the circuit with all neurons moved down, in µm.
func deeper(c *circuit.Circuit, by float64) (*circuit.Circuit, error) {
	neurons := make([]circuit.Neuron, c.Len())
	for i, n := range c.Neurons() {
		n.Position.Depth += by
		neurons[i] = n
	}
	return c.WithNeurons(neurons)
}

// outside adds the rows of every reconstruction under its own name.
func (l *ledger) outside(all []Outside) {
	proto := l.proto
	for _, o := range all {
		l.proto.Dataset = o.Name
		costs := map[string]float64{}
		for _, other := range o.Others {
			costs[other.Name] = other.Mean.Value
		}
		note := fmt.Sprintf("trained on the embedded cortex, which this is not; %d circuits of %d neurons in classes that the model knows, of %d, %d rows of them observed, the others masked; interval over circuits", o.Circuits, o.Neurons, o.All, o.Observed)
		l.add("outside.exchangeable.nats_per_pair", o.Model.Mean, "nats/pair", costs, note)
		for _, m := range o.Margins {
			if name, ours := outsideRows[m.Over]; ours {
				l.add("outside.exchangeable.nats_below."+name, m.Nats, "nats/pair", map[string]float64{"no gain": 0}, "paired by circuit; above 0 the model is better than "+m.Over)
			}
		}
		of := func(f func(fidelity.Report) latent.Interval) map[string]float64 { return byName(o.Hidden.Others, f) }
		l.add("outside.inpainting.exchangeable.edge_auc", o.Hidden.Model.AUC, "1", of(auc), "a fifth of the observed pairs hidden; "+note)
		l.add("outside.inpainting.exchangeable.nats_per_pair", o.Hidden.Model.LogLoss, "nats/pair", of(logLoss), "a fifth of the observed pairs hidden; "+note)
	}
	l.proto = proto
}

// outsideRows are parts of names of rows, by those of the answers.
var outsideRows = map[string]string{
	"class × distance":                     "class_distance",
	"class × distance × sender × receiver": "sender_receiver",
	"density of the other pieces":          "own_density",
	"class × distance of the other pieces": "own_class_distance",
}
