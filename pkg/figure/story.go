package figure

import (
	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Story shows the whole line: tissue cut by place, what a model of its columns
// is worth on edges and on measures, and what becomes of a knob that is turned.
func Story(s connectome.Sample, r fidelity.Reconstruction, p latent.Probing, study steer.Study) (*Figure, error) {
	above, err := fromAbove("1  Columns are cut from blocks apart", s)
	if err != nil {
		return nil, err
	}
	scores, err := scorePanel(r)
	if err != nil {
		return nil, err
	}
	scores.Title.Text = "2  The code does not name edges"
	probes, err := probePanel("3  It knows coarse facts", p.Measures, 8)
	if err != nil {
		return nil, err
	}
	if len(study.Measures) == 0 {
		return nil, errNothing("no steering")
	}
	knob, err := knobPanel("4  Turning a knob: "+spoken(study.Measures[0]), study, study.Measures[0])
	if err != nil {
		return nil, err
	}
	f := newFigure(8.6, 6.6, []*plot.Plot{above, scores}, []*plot.Plot{probes, knob})
	for _, split := range splits {
		f.keys = append(f.keys, key{string(split), splitColours[split]})
	}
	f.keys = append(f.keys, key{"model", codeMark}, key{"from class counts", simpleMark})
	f.keys = append(f.keys, knobKeys(study)...)
	return f, nil
}
