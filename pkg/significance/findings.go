package significance

import (
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Findings are what is special about the circuits of one reconstruction.
type Findings struct {
	Overview connectome.Overview `json:"overview"`
	// Whole says that the one circuit is the reconstruction itself, too small to
	// be cut.
	Whole bool `json:"whole"`
	// Neurons is the mean number of neurons of a tested circuit.
	Neurons float64 `json:"neurons"`
	// Reports are those of several null models, corrected together.
	Reports []Report `json:"reports"`
	// Values are measures of all circuits that were cut, those that overlap
	// included: how they are spread.
	Values structure.Table `json:"values"`
}

// Report returns that of a null model; false where there is none.
func (f Findings) Report(null string) (Report, bool) {
	for _, r := range f.Reports {
		if r.Null == null {
			return r, true
		}
	}
	return Report{}, false
}

// ConnectedTriads are the names of the thirteen kinds of three neurons that hang
// together, as package structure names them.
func ConnectedTriads() []string {
	return []string{
		"triad_021D", "triad_021U", "triad_021C", "triad_111D", "triad_111U", "triad_030T", "triad_030C",
		"triad_201", "triad_120D", "triad_120U", "triad_120C", "triad_210", "triad_300",
	}
}

// Beyond counts the named scores of a report that stand out, and those that could:
// see [Score.StandsOut] and [Score.Tested].
func (r Report) Beyond(names []string) (beyond, tested int) {
	for _, name := range names {
		s, ok := r.Score(name)
		if !ok || !s.Tested() {
			continue
		}
		tested++
		if s.StandsOut() {
			beyond++
		}
	}
	return beyond, tested
}
