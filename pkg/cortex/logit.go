package cortex

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// logit is a logistic regression with offsets: y is 1 with log-odds
// offset + x·β.
type logit struct {
	width  int
	x      []float64 // [rows, width]
	offset []float64
	y      []bool
}

func (l *logit) add(y bool, offset float64, x ...float64) {
	l.x, l.offset, l.y = append(l.x, x...), append(l.offset, offset), append(l.y, y)
}

// logitSteps end a fit that has no finite answer, such as one of rows without an
// edge.
const logitSteps = 30

// fit returns the maximum-likelihood β by Newton's method, with its standard
// errors; NaN where there is none.
func (l *logit) fit() (beta, se []float64) {
	k := l.width
	beta, se = make([]float64, k), make([]float64, k)
	score, step := mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
	var chol mat.Cholesky
	for range logitSteps {
		information := l.derivatives(beta, score)
		if !chol.Factorize(information) || chol.SolveVecTo(step, score) != nil {
			break
		}
		largest := 0.0
		for j := range beta {
			move := max(-3, min(3, step.AtVec(j)))
			beta[j] += move
			largest = max(largest, math.Abs(move))
		}
		if largest < 1e-7 {
			var inverse mat.SymDense
			if chol.InverseTo(&inverse) != nil {
				break
			}
			for j := range se {
				se[j] = math.Sqrt(inverse.At(j, j))
			}
			return beta, se
		}
	}
	for j := range beta {
		beta[j], se[j] = math.NaN(), math.NaN()
	}
	return beta, se
}

// at is the log-odds of a row.
func (l *logit) at(row int, beta []float64) float64 {
	eta := l.offset[row]
	for j, b := range beta {
		eta += b * l.x[row*l.width+j]
	}
	return eta
}

// derivatives fills in the score and returns the information.
func (l *logit) derivatives(beta []float64, score *mat.VecDense) *mat.SymDense {
	k := l.width
	information := make([]float64, k*k)
	gradient := make([]float64, k)
	for row, y := range l.y {
		p := logistic(l.at(row, beta))
		miss, w := -p, p*(1-p)
		if y {
			miss++
		}
		x := l.x[row*k : (row+1)*k]
		for a := range k {
			gradient[a] += miss * x[a]
			for b := a; b < k; b++ {
				information[a*k+b] += w * x[a] * x[b]
			}
		}
	}
	for a := range k {
		score.SetVec(a, gradient[a])
	}
	return mat.NewSymDense(k, information) // reads the upper triangle
}
