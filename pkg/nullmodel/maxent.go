package nullmodel

import (
	"context"
	"fmt"
	"math"
)

// maxent is the law of largest entropy among those in which rows, columns and
// groups of entries have given expected numbers of edges. Entries are independent
// with log-odds θ_row + θ_column + θ_group.
//
// A row, column or group whose free entries must all be empty, or all full, has
// no finite θ. Such entries are fixed and taken out, which may leave others
// without choice, until none is left.
type maxent struct {
	independent
	k      *known
	groups sorting
	// free marks entries that are drawn; the others have p 0 or 1.
	free []bool
	// Lines are rows, then columns, then groups.
	lines int
	want  []float64 // edges of a line's free entries
	count []int     // free entries of a line
	theta []float64
}

// tolerance is how far, in edges, an expected number may be from the circuit's.
const tolerance = 1e-6

func newMaxent(k *known, groups sorting) *maxent {
	e := &maxent{independent: independent{k.rows, k.n, make([]float64, len(groups.of))}, k: k, groups: groups}
	e.lines = len(k.rows) + k.n + groups.count
	e.want, e.count, e.theta = make([]float64, e.lines), make([]int, e.lines), make([]float64, e.lines)
	e.free = make([]bool, len(groups.of))
	for r, i := range k.rows {
		for j := range k.n {
			at := r*k.n + j
			if i == j {
				continue
			}
			e.free[at] = true
			for _, line := range e.linesOf(r, j) {
				e.count[line]++
				if k.c.Has(i, j) {
					e.want[line]++
				}
			}
		}
	}
	return e
}

// linesOf are the row, the column and the group of an entry.
func (e *maxent) linesOf(r, j int) [3]int {
	rows := len(e.rows)
	return [3]int{r, rows + j, rows + e.n + int(e.groups.of[r*e.n+j])}
}

// settle fixes entries that have no choice.
func (e *maxent) settle() {
	for changed := true; changed; {
		changed = false
		for r := range e.rows {
			for j := range e.n {
				if !e.free[r*e.n+j] {
					continue
				}
				lines := e.linesOf(r, j)
				p := -1.
				for _, line := range lines {
					if e.want[line] == 0 {
						p = 0
					} else if e.want[line] == float64(e.count[line]) {
						p = 1
					}
				}
				if p < 0 {
					continue
				}
				e.free[r*e.n+j], e.p[r*e.n+j], changed = false, p, true
				for _, line := range lines {
					e.count[line]--
					e.want[line] -= p
				}
			}
		}
	}
}

// solve maximises Σ θ·want − Σ log(1 + exp(log-odds)), which is concave, by
// Newton's method; each step is solved by conjugate gradients.
func (e *maxent) solve(ctx context.Context) error {
	e.settle()
	e.start()
	value, gradient := e.evaluate(e.theta)
	for range 200 {
		if err := ctx.Err(); err != nil {
			return err
		}
		worst, miss := largest(gradient)
		if miss < tolerance {
			return nil
		}
		step := e.newton(ctx, gradient, min(.1, math.Sqrt(miss)/10))
		shorten(step, longest)
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.advance(&value, gradient, step) {
			return e.stuck(worst, miss)
		}
	}
	worst, miss := largest(gradient)
	if miss < tolerance {
		return nil
	}
	return e.stuck(worst, miss)
}

// longest is how far, in log-odds, one step may move a line. Where a law of largest
// entropy has entries that are all but sure, their log-odds run away; a leap past
// the place from which there is a slope back is never taken.
const longest = 4

func shorten(step []float64, most float64) {
	if _, length := largest(step); length > most {
		for line := range step {
			step[line] *= most / length
		}
	}
}

func (e *maxent) stuck(line int, miss float64) error {
	what := ""
	switch rows := len(e.rows); {
	case line < rows:
		what = fmt.Sprintf("the out-degree of neuron %d (id %q)", e.rows[line], e.k.c.Neuron(e.rows[line]).ID)
	case line < rows+e.n:
		what = fmt.Sprintf("the in-degree of neuron %d (id %q)", line-rows, e.k.c.Neuron(line-rows).ID)
	default:
		what = fmt.Sprintf("group %d of %d of class pairs or distances", line-rows-e.n, e.groups.count)
	}
	return fmt.Errorf("the maximum-entropy fit did not converge: %s is missed by %.2g edges, more than %g: take a null model that keeps less, or keeps degrees exactly", what, miss, tolerance)
}

func largest(gradient []float64) (at int, value float64) {
	for line, g := range gradient {
		if math.Abs(g) > value {
			at, value = line, math.Abs(g)
		}
	}
	return at, value
}

// start gives rows and columns the log-odds that their own shares would have, and
// takes those of the whole off once.
func (e *maxent) start() {
	total, entries := 0., 0
	for r := range e.rows {
		total += e.want[r]
		entries += e.count[r]
	}
	whole := math.Log(total / (float64(entries) - total))
	for line := range len(e.rows) + e.n {
		if count := float64(e.count[line]); count > 0 {
			e.theta[line] = math.Log(e.want[line]/(count-e.want[line])) - whole/2
		}
	}
}

// evaluate sets p and returns the objective and its gradient, the edges that
// lines miss.
func (e *maxent) evaluate(theta []float64) (value float64, gradient []float64) {
	gradient = append([]float64(nil), e.want...)
	for line, t := range theta {
		value += t * e.want[line]
	}
	rows := len(e.rows)
	columns, groups := theta[rows:rows+e.n], theta[rows+e.n:]
	for r := range e.rows {
		sum, row := 0., theta[r]
		for j := range e.n {
			at := r*e.n + j
			if !e.free[at] {
				continue
			}
			group := e.groups.of[at]
			odds := math.Exp(-math.Abs(row + columns[j] + groups[group]))
			p := odds / (1 + odds)
			value -= math.Log1p(odds)
			if eta := row + columns[j] + groups[group]; eta > 0 {
				p = 1 / (1 + odds)
				value -= eta
			}
			e.p[at] = p
			sum += p
			gradient[rows+j] -= p
			gradient[rows+e.n+int(group)] -= p
		}
		gradient[r] -= sum
	}
	return value, gradient
}

// curvature multiplies a vector with the negative of the second derivatives at p.
func (e *maxent) curvature(dst, x []float64) {
	clear(dst)
	rows := len(e.rows)
	for r := range e.rows {
		sum := 0.
		for j := range e.n {
			at := r*e.n + j
			if !e.free[at] {
				continue
			}
			group := rows + e.n + int(e.groups.of[at])
			p := e.p[at]
			t := p * (1 - p) * (x[r] + x[rows+j] + x[group])
			sum += t
			dst[rows+j] += t
			dst[group] += t
		}
		dst[r] += sum
	}
}

// newton solves curvature·step = gradient to a share of the gradient, by
// conjugate gradients with the diagonal as preconditioner. Lines may be shifted
// against one another without a change of log-odds; the gradient has no part in
// those directions, so neither has the step.
func (e *maxent) newton(ctx context.Context, gradient []float64, share float64) []float64 {
	diagonal := make([]float64, e.lines)
	for r := range e.rows {
		for j := range e.n {
			if at := r*e.n + j; e.free[at] {
				for _, line := range e.linesOf(r, j) {
					diagonal[line] += e.p[at] * (1 - e.p[at])
				}
			}
		}
	}
	for line, d := range diagonal {
		diagonal[line] = max(d, 1e-12)
	}
	step, rest := make([]float64, e.lines), append([]float64(nil), gradient...)
	scaled, way, turned := make([]float64, e.lines), make([]float64, e.lines), make([]float64, e.lines)
	var size, first float64
	for round := range 2 * e.lines {
		last := size
		size = 0
		for line, r := range rest {
			scaled[line] = r / diagonal[line]
			size += r * scaled[line]
		}
		if round == 0 {
			first = size
		}
		if size <= share*share*first || ctx.Err() != nil { // who asked looks at ctx
			break
		}
		for line := range way {
			way[line] = scaled[line] + way[line]*ratio(size, last)
		}
		e.curvature(turned, way)
		along := dot(way, turned)
		if along <= 0 {
			break
		}
		for line := range step {
			step[line] += size / along * way[line]
			rest[line] -= size / along * turned[line]
		}
	}
	return step
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func dot(a, b []float64) (sum float64) {
	for k, x := range a {
		sum += x * b[k]
	}
	return sum
}

// longestStep bounds a step in log-odds: where p is nearly 0 or 1 the curvature
// says little about what comes.
const longestStep = 4

// advance goes along a step as far as the objective, or failing that in the last
// digits the largest miss, gets better; false where it does not.
func (e *maxent) advance(value *float64, gradient, step []float64) bool {
	_, miss := largest(gradient)
	gain := dot(gradient, step)
	next := make([]float64, e.lines)
	_, longest := largest(step)
	for t := min(1, longestStep/longest); t > 1e-9; t /= 2 {
		for line := range next {
			next[line] = e.theta[line] + t*step[line]
		}
		v, g := e.evaluate(next)
		if _, m := largest(g); v >= *value+1e-4*t*gain || m < miss/2 {
			copy(e.theta, next)
			copy(gradient, g)
			*value = v
			return true
		}
	}
	return false
}
