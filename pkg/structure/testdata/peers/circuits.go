// Circuits prints the circuits that peers measure: five columns of package cortex,
// 100 neurons each, of the factors that columns of a sheet have, and three odd ones.
// Here since the tests of package structure may not import package cortex.
//
//	go run ./pkg/structure/testdata/peers/circuits.go > pkg/structure/testdata/peers/circuits.json
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/seed"
)

// laid is a circuit as peers and tests read it.
type laid struct {
	Name  string   `json:"name"`
	N     int      `json:"n"`
	Edges [][2]int `json:"edges"`
	// Classes has an index a neuron, Inhibitory the neurons of that sign.
	Classes    []int `json:"classes"`
	Inhibitory []int `json:"inhibitory"`
}

func main() {
	columns, err := cortex.Circuits(context.Background(), nil, 5, connectome.ColumnConfig{MinNeurons: 100, MaxNeurons: 100}, seed.Seed(5))
	if err != nil {
		log.Fatal(err)
	}
	all := []laid{complete(), acyclic(), apart()}
	for k, c := range columns {
		all = slices.Insert(all, k, lay(fmt.Sprintf("cortex %d", k), c))
	}
	for k, l := range all {
		line, err := json.Marshal(l)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s%s", []string{"[", ",\n"}[min(k, 1)], line)
	}
	fmt.Println("]")
}

func lay(name string, c *circuit.Circuit) laid {
	l := laid{Name: name, N: c.Len(), Inhibitory: []int{}}
	for _, e := range c.EdgeList() {
		l.Edges = append(l.Edges, [2]int{e.Pre, e.Post})
	}
	classes := circuit.Classes(c)
	for i, n := range c.Neurons() {
		l.Classes = append(l.Classes, slices.Index(classes, n.Class))
		if n.Sign == circuit.Inhibitory {
			l.Inhibitory = append(l.Inhibitory, i)
		}
	}
	return l
}

func complete() laid {
	l := laid{Name: "complete", N: 6, Classes: []int{0, 1, 0, 1, 0, 1}, Inhibitory: []int{5}}
	for i := range 6 {
		for j := range 6 {
			if i != j {
				l.Edges = append(l.Edges, [2]int{i, j})
			}
		}
	}
	return l
}

func acyclic() laid {
	l := laid{Name: "acyclic", N: 8, Classes: []int{0, 1, 0, 1, 0, 1, 0, 1}, Inhibitory: []int{6, 7}}
	for i := range 8 {
		for j := range i {
			if (i*j+i+j)%3 != 1 {
				l.Edges = append(l.Edges, [2]int{j, i})
			}
		}
	}
	slices.SortFunc(l.Edges, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return l
}

// apart is a ring of five with a chord, a mutual triangle, and a neuron alone.
func apart() laid {
	return laid{Name: "apart", N: 9, Classes: []int{0, 1, 0, 1, 0, 1, 0, 1, 0}, Inhibitory: []int{4, 8},
		Edges: [][2]int{{0, 1}, {0, 2}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {5, 6}, {5, 7}, {6, 5}, {6, 7}, {7, 5}, {7, 6}}}
}
