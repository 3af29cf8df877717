package steer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Board is a benchmark: what several methods made of the same queries.
type Board struct {
	Queries []Query `json:"queries"`
	Entries []Entry `json:"entries"`
}

// Entry is one method's part of a board.
type Entry struct {
	Method string `json:"method"`
	// Answers to the queries, in their order.
	Answers  []Answer `json:"answers"`
	Standing Standing `json:"standing"`
}

// Standing sums up one method. Shares have Wilson's interval, over queries; medians
// have a bootstrap interval over queries.
type Standing struct {
	// HitRate is the share of queries all of whose targets were met within
	// HitWithin. One that was said to be out of reach counts as what it reached.
	HitRate latent.Interval `json:"hit_rate"`
	// ByKind has the share of each kind of query, ByMeasure that of single, near
	// targets for each measure.
	ByKind    []Rate `json:"by_kind"`
	ByMeasure []Rate `json:"by_measure"`
	// MissSD is the median of the largest miss, in sd.
	MissSD latent.Interval `json:"miss_sd"`
	// HeldDriftSD is the median, over queries that hold something, of its largest
	// drift in sd, and HeldFloorSD what chance alone gives. DriftSD and FloorSD are
	// medians over all queries of the median drift of whatever was not asked for.
	HeldDriftSD latent.Interval `json:"held_drift_sd"`
	HeldFloorSD latent.Interval `json:"held_floor_sd"`
	DriftSD     latent.Interval `json:"drift_sd"`
	FloorSD     latent.Interval `json:"floor_sd"`
	// Diversity and EdgeDiversity are medians of Diversity.Profile and .Edge.
	Diversity     latent.Interval `json:"diversity"`
	EdgeDiversity latent.Interval `json:"edge_diversity"`
	// Refused is the share of queries said to be out of reach. Of these refusals,
	// Right is the share of which no code of any method on the board came within
	// HitWithin; the rest were refused though it could be done. NaN without
	// refusals.
	Refused latent.Interval `json:"refused"`
	Right   latent.Interval `json:"right"`
	// Silent is the share of queries that were missed and not refused.
	Silent latent.Interval `json:"silent"`
	// Spent is the mean number of circuits decoded or measured on the way.
	Spent float64 `json:"spent"`
	// OnFront says that no other method on the board has both a hit rate as high
	// and a held drift as low, one of them better: the Pareto front.
	OnFront bool `json:"on_front"`
}

// Rate is the share of some queries that were hit.
type Rate struct {
	Of   string          `json:"of"`
	Rate latent.Interval `json:"rate"`
}

// NewBoard scores what methods made of queries: answers are [methods][queries], of
// one method each. Circuits are left out of the board. Draws of the bootstrap of 0
// are 2,000. Answers to other requests than the queries, in number or in targets,
// are an error.
func NewBoard(queries []Query, answers [][]Answer, draws int, rng *rand.Rand) (Board, error) {
	if len(queries) == 0 || len(answers) == 0 {
		return Board{}, errors.New("steer: board: there are no queries, or no methods")
	}
	b := Board{Queries: queries}
	for _, of := range answers {
		e, err := newEntry(queries, of)
		if err != nil {
			return Board{}, fmt.Errorf("steer: board: %w", err)
		}
		b.Entries = append(b.Entries, e)
	}
	reached := make([]bool, len(queries))
	for _, e := range b.Entries {
		for i, a := range e.Answers {
			reached[i] = reached[i] || a.Code != nil && a.Hit()
		}
	}
	for i := range b.Entries {
		b.Entries[i].Standing = standing(queries, b.Entries[i].Answers, reached, draws, rng)
	}
	b.front()
	return b, nil
}

func newEntry(queries []Query, answers []Answer) (Entry, error) {
	if len(answers) != len(queries) {
		return Entry{}, fmt.Errorf("%d answers to %d queries", len(answers), len(queries))
	}
	e := Entry{Method: answers[0].Method, Answers: slices.Clone(answers)}
	for i, a := range answers {
		if a.Method != e.Method || !slices.Equal(a.Request.Targets, queries[i].Request.Targets) {
			return Entry{}, fmt.Errorf("answer %d is by %s to a request for %v; expected: by %s, for %v", i, a.Method, a.Request.Targets, e.Method, queries[i].Request.Targets)
		}
		e.Answers[i].Circuits = nil
	}
	return e, nil
}

func standing(queries []Query, answers []Answer, reached []bool, draws int, rng *rand.Rand) Standing {
	rate := func(of, when func(i int) bool) latent.Interval {
		hits, n := 0, 0
		for i := range answers {
			if when(i) {
				n++
				if of(i) {
					hits++
				}
			}
		}
		return wilson(hits, n)
	}
	middle := func(of func(a Answer) float64) latent.Interval { return medianInterval(answers, of, draws, rng) }
	all := func(int) bool { return true }
	hit := func(i int) bool { return answers[i].Hit() }
	refused := func(i int) bool { return answers[i].OutOfReach }
	s := Standing{
		HitRate:       rate(hit, all),
		MissSD:        middle(func(a Answer) float64 { return a.HitSD }),
		HeldDriftSD:   middle(func(a Answer) float64 { return a.HeldDrift }),
		HeldFloorSD:   middle(func(a Answer) float64 { return a.HeldFloor }),
		DriftSD:       middle(func(a Answer) float64 { return a.MedianDrift }),
		FloorSD:       middle(func(a Answer) float64 { return a.MedianFloor }),
		Diversity:     middle(func(a Answer) float64 { return a.Diversity.Profile }),
		EdgeDiversity: middle(func(a Answer) float64 { return a.Diversity.Edge }),
		Refused:       rate(refused, all),
		Right:         rate(func(i int) bool { return !reached[i] }, refused),
		Silent:        rate(func(i int) bool { return !hit(i) && !refused(i) }, all),
	}
	for _, a := range answers {
		s.Spent += float64(a.Spent) / float64(len(answers))
	}
	for _, k := range kinds {
		s.ByKind = append(s.ByKind, Rate{k.name, rate(hit, func(i int) bool { return k.is(queries[i]) })})
	}
	for _, name := range singles(queries) {
		s.ByMeasure = append(s.ByMeasure, Rate{name, rate(hit, func(i int) bool {
			q := queries[i]
			return !q.Far && len(q.Request.Targets) == 1 && q.Request.Targets[0].Measure == name
		})})
	}
	return s
}

// kinds of query that are scored by themselves.
var kinds = []struct {
	name string
	is   func(q Query) bool
}{
	{"near", func(q Query) bool { return !q.Far }},
	{"far", func(q Query) bool { return q.Far }},
	{"1 target", func(q Query) bool { return len(q.Request.Targets) == 1 }},
	{"2 targets", func(q Query) bool { return len(q.Request.Targets) == 2 }},
	{"3 targets", func(q Query) bool { return len(q.Request.Targets) == 3 }},
	{"something held", func(q Query) bool { return len(q.Request.Hold) > 0 }},
	{"nothing held", func(q Query) bool { return len(q.Request.Hold) == 0 }},
}

// singles are the measures that some query asks for alone and near, sorted.
func singles(queries []Query) []string {
	var names []string
	for _, q := range queries {
		if !q.Far && len(q.Request.Targets) == 1 {
			names = append(names, q.Request.Targets[0].Measure)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// wilson returns a share with its 95 % score interval (Wilson 1927,
// doi:10.1080/01621459.1927.10502953); NaN of none.
func wilson(hits, n int) latent.Interval {
	if n == 0 {
		return latent.Interval{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	}
	const z = 1.959963984540054
	share, size := float64(hits)/float64(n), float64(n)
	centre := (share + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(share*(1-share)/size+z*z/(4*size*size))
	// At 0 and 1 the interval ends there, which rounding may miss.
	return latent.Interval{Value: share, Lo: min(share, max(0, centre-half)), Hi: max(share, min(1, centre+half)), N: n}
}

// medianInterval returns the median over answers of which it is defined.
func medianInterval(answers []Answer, of func(a Answer) float64, draws int, rng *rand.Rand) latent.Interval {
	var values []float64
	var names []string
	for i, a := range answers {
		if v := of(a); !math.IsNaN(v) {
			values, names = append(values, v), append(names, strconv.Itoa(i))
		}
	}
	return latent.Bootstrap(names, func(indices []int) float64 { return median(definedAt(values, indices)) }, draws, rng)
}

// front marks the entries that no other beats.
func (b Board) front() {
	for i, e := range b.Entries {
		one := e.Standing
		beaten := math.IsNaN(one.HeldDriftSD.Value)
		for _, other := range b.Entries {
			o := other.Standing
			asGood := o.HitRate.Value >= one.HitRate.Value && o.HeldDriftSD.Value <= one.HeldDriftSD.Value
			better := o.HitRate.Value > one.HitRate.Value || o.HeldDriftSD.Value < one.HeldDriftSD.Value
			beaten = beaten || asGood && better
		}
		b.Entries[i].Standing.OnFront = !beaten
	}
}

// Entry returns that of a method.
func (b Board) Entry(method string) (Entry, bool) {
	i := slices.IndexFunc(b.Entries, func(e Entry) bool { return e.Method == method })
	if i < 0 {
		return Entry{}, false
	}
	return b.Entries[i], true
}

// Table returns a line for each method, as a header and rows of text.
func (b Board) Table() (header []string, rows [][]string) {
	header = []string{"method", "within 0.25 sd", "near", "far", "held drift, sd", "by chance", "diversity", "refused", "of these rightly", "missed silently", "on the front"}
	for _, e := range b.Entries {
		s := e.Standing
		front := ""
		if s.OnFront {
			front = "yes"
		}
		rows = append(rows, []string{
			e.Method, share(s.HitRate), share(s.ByKind[0].Rate), share(s.ByKind[1].Rate), inSD(s.HeldDriftSD.Value), inSD(s.HeldFloorSD.Value),
			inSD(s.Diversity.Value), share(s.Refused), share(s.Right), share(s.Silent), front,
		})
	}
	return header, rows
}

// share writes a rate, or a dash where there is none.
func share(i latent.Interval) string {
	if math.IsNaN(i.Value) {
		return "–"
	}
	return percent(i.Value)
}
