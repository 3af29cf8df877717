package structure_test

import (
	"fmt"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// What a function returned is the caller's: the next call must not write there,
// though it works in the same memory.
func TestResultsAreTheCallers(t *testing.T) {
	one := of(t, 5, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 0}, circuit.Edge{Pre: 2, Post: 3}, circuit.Edge{Pre: 3, Post: 4})
	other := of(t, 5, circuit.Edge{Pre: 4, Post: 1}, circuit.Edge{Pre: 1, Post: 4}, circuit.Edge{Pre: 4, Post: 2}, circuit.Edge{Pre: 2, Post: 1})
	for name, call := range map[string]func(c *circuit.Circuit) any{
		"betweenness": func(c *circuit.Circuit) any { return structure.Betweenness(c) },
		"clustering":  func(c *circuit.Circuit) any { return structure.ClusteringOf(c) },
		"levels":      func(c *circuit.Circuit) any { return structure.TrophicLevels(c) },
		"simplices":   func(c *circuit.Circuit) any { counts, _ := structure.Simplices(c); return counts },
		"dimensions":  func(c *circuit.Circuit) any { d, _ := structure.SimplexDimensions(c); return d },
		"cores":       func(c *circuit.Circuit) any { return structure.CoreNumbers(c) },
		"rich club":   func(c *circuit.Circuit) any { return structure.RichClub(c)[1:2] },
		"sign pairs":  func(c *circuit.Circuit) any { return len(structure.SignPairs(c)) },
		"triads":      func(c *circuit.Circuit) any { return structure.Triads(c) },
		"profile": func(c *circuit.Circuit) any {
			p, err := structure.NewProfile(c, "edges", "path_length", "largest_strong_share")
			if err != nil {
				t.Error(err)
			}
			return p
		},
	} {
		result := call(one)
		said := fmt.Sprint(result)
		for range 3 {
			call(other)
		}
		if now := fmt.Sprint(result); now != said {
			t.Errorf("%s: %v became %v", name, said, now)
		}
	}
}
