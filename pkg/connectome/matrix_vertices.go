package connectome

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Columns of vertex_properties; the first that is there is taken.
var (
	matrixID    = []string{"pt_root_id", "root_id", "neuron_id", "id", "node_ids", "Neuron", "name"}
	matrixClass = []string{"cell_type", "mtype", "type"}
	matrixSign  = []string{"ei", "synapse_class", "classification_system"}
	matrixLayer = []string{"layer"}
)

// vertices reads the neurons.
func (m *matrix) vertices(f *frame) error {
	if shape, given := m.group.Attrs["NEUROTOP_SHAPE"].([]any); given {
		for _, n := range shape {
			if fmt.Sprint(n) != strconv.Itoa(f.rows) {
				return m.fail("vertex_properties", fmt.Errorf("%d vertices, and the matrix says that it has shape %v: a square one over all vertices is expected", f.rows, shape))
			}
		}
	}
	ids, err := m.ids(f)
	if err != nil {
		return err
	}
	var columns [3]*column
	for k, names := range [][]string{matrixClass, matrixSign, matrixLayer} {
		if columns[k], err = f.first(names...); err != nil {
			return err
		}
	}
	odd := 0
	for row := range f.rows {
		n := circuit.Neuron{ID: ids[row], Position: circuit.NoPosition()}
		var words [3]string
		for k, c := range columns {
			if words[k], err = c.text(row); err != nil {
				return err
			}
		}
		n.Class, n.Layer = circuit.Class(words[0]), layerWord(words[2], m.ours)
		if n.Sign, err = circuit.ParseSign(signWord(words[1])); err != nil {
			odd++ // a type that is neither, such as glia
		}
		m.data.Neurons = append(m.data.Neurons, n)
	}
	if odd > 0 {
		m.data.Report.Notes = append(m.data.Report.Notes, fmt.Sprintf("%d neurons have a %s that is neither excitatory nor inhibitory: their sign is not known", odd, columns[1].name))
	}
	if err := m.positions(f); err != nil {
		return err
	}
	return m.truth(f)
}

// ids are the neurons' ids: of a column that tells them apart, else the index,
// else their rows.
func (m *matrix) ids(f *frame) ([]string, error) {
	for _, name := range matrixID {
		c, err := f.first(name)
		if err != nil {
			return nil, err
		}
		if all, tells := c.distinct(); tells {
			return all, nil
		}
	}
	c, err := f.index()
	if err != nil {
		return nil, err
	}
	if all, tells := c.distinct(); tells {
		return all, nil
	}
	if f.rows > 0 && len(f.places) == 0 { // a claim alone must not make neurons
		return nil, m.fail("vertex_properties", errors.New("no columns"))
	}
	all := make([]string, f.rows)
	for row := range all {
		all[row] = strconv.Itoa(row)
	}
	return all, nil
}

// signWord takes the beginning of words such as "excitatory_neuron".
func signWord(text string) string {
	for _, word := range []string{"exc", "inh"} {
		if strings.HasPrefix(strings.ToLower(text), word) {
			return word
		}
	}
	return text
}

// layerWord writes a layer that is only a number as others have it, unless texts
// are taken as they are.
func layerWord(text string, exact bool) circuit.Layer {
	if !exact && text != "" && strings.Trim(text, "0123456789/ab") == "" {
		return circuit.Layer("L" + text)
	}
	return circuit.Layer(text)
}

// matrixFrame is a way to give positions: the columns across the sheet, along
// its depth, and, of a frame that is not aligned to it, the third.
type matrixFrame struct {
	x, y, depth, third string
	scale              [3]float64
	note               string
}

var matrixFrames = []matrixFrame{
	{x: "x_um", y: "y_um", depth: "depth_um", scale: [3]float64{1, 1, 1}},
	{x: "x_nm", y: "z_nm", depth: "y_nm", scale: [3]float64{1e-3, 1e-3, 1e-3}, note: "depth is y of the raw EM frame, not rotated to the pia"},
	{x: "x", y: "y", depth: "depth", third: "z", scale: [3]float64{1, 1, 1}},
	{x: "x", y: "z", depth: "y", scale: [3]float64{1, 1, -1}, note: "depth is −y; the file does not say where the pia is"},
}

// positions reads the somata's places, where a known set of columns gives them.
func (m *matrix) positions(f *frame) error {
	at := slices.IndexFunc(matrixFrames, func(p matrixFrame) bool {
		return !slices.ContainsFunc([]string{p.x, p.y, p.depth, p.third}, func(name string) bool {
			_, there := f.places[name]
			return name != "" && !there
		})
	})
	if at < 0 || f.rows == 0 {
		return nil
	}
	p := matrixFrames[at]
	var columns [4]*column
	for k, name := range []string{p.x, p.y, p.depth, p.third} {
		if name == "" {
			continue
		}
		var err error
		if columns[k], err = f.column(name, f.places[name]); err != nil {
			return err
		}
	}
	var third []float64
	for row := range m.data.Neurons {
		position := circuit.Position{
			X: p.scale[0] * columns[0].number(row), Y: p.scale[1] * columns[1].number(row),
			Depth: p.scale[2]*columns[2].number(row) + 0, // never −0
		}
		if position.Known() {
			m.data.Neurons[row].Position = position
		}
		third = append(third, columns[3].number(row))
	}
	if p.note != "" {
		m.data.Report.Notes = append(m.data.Report.Notes, p.note)
	}
	if p.third == "" {
		return nil
	}
	if err := alignToDepth(&m.data, third); err != nil {
		return m.fail("vertex_properties: depth", err)
	}
	return nil
}

// truth adds the mask and the factors of our own files.
func (m *matrix) truth(f *frame) error {
	if !m.ours {
		return nil
	}
	seen, err := f.first("observed")
	if err != nil {
		return err
	}
	if seen != nil {
		m.data.Observed = make([]bool, f.rows)
		for row := range m.data.Observed {
			m.data.Observed[row] = seen.number(row) != 0
		}
	}
	for _, name := range f.names {
		factor, is := strings.CutPrefix(name, "factor_")
		if !is {
			continue
		}
		c, err := f.first(name)
		if err != nil {
			return err
		}
		if m.data.Factors == nil {
			m.data.Factors = map[string][]float64{}
		}
		values := make([]float64, f.rows)
		for row := range values {
			values[row] = c.number(row)
		}
		m.data.Factors[factor] = values
	}
	return nil
}
