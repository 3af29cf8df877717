package significance

import (
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Statistic is numbers of a circuit, one for each name; NaN where one is not
// defined. It is asked from several goroutines at once.
type Statistic struct {
	Names []string
	Of    func(c *circuit.Circuit) []float64
}

// Measures returns the named measures of package structure as a statistic. The
// error for an unknown name tells the nearest.
func Measures(names ...string) (Statistic, error) {
	if len(names) == 0 {
		return Statistic{}, fmt.Errorf("significance: no measure was named: structure.Measures lists them")
	}
	for _, name := range names {
		if _, err := structure.Find(name); err != nil {
			return Statistic{}, fmt.Errorf("significance: %w", err)
		}
	}
	names = slices.Clone(names)
	return Statistic{Names: names, Of: func(c *circuit.Circuit) []float64 {
		p, err := structure.NewProfile(c, names...)
		if err != nil {
			panic(err) // the names were found above
		}
		return p.Values
	}}, nil
}
