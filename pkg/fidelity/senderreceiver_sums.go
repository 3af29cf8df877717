package fidelity

// moment sums the effects of neurons of one class and sign.
type moment struct {
	n, s, r float64
	second  cov2
}

func (m *moment) add(o moment) {
	m.n, m.s, m.r = m.n+o.n, m.s+o.s, m.r+o.r
	m.second = m.second.plus(o.second, 1)
}

// blockSums are the gradient and the upper triangle of the information of a
// block's weights.
type blockSums struct {
	gradient [features]float64
	info     [features][features]float64
}

func (b *blockSums) add(o *blockSums) {
	for k := range features {
		b.gradient[k] += o.gradient[k]
		for l := k; l < features; l++ {
			b.info[k][l] += o.info[k][l]
		}
	}
}

// square adds by·x and info·xxᵀ.
func (b *blockSums) square(x [features]float64, by, info float64) {
	for k := range features {
		b.gradient[k] += by * x[k]
		for l := k; l < features; l++ {
			b.info[k][l] += info * x[k] * x[l]
		}
	}
}

// cross adds info·(xyᵀ + yxᵀ).
func (b *blockSums) cross(x, y [features]float64, info float64) {
	for k := range features {
		for l := k; l < features; l++ {
			b.info[k][l] += info * (x[k]*y[l] + x[l]*y[k])
		}
	}
}

// sums are what an iteration needs of the circuits.
type sums struct {
	moments  []moment // [classes × groups]
	blocks   []blockSums
	rho      [ties]float64
	rhoInfo  [ties]float64
	evidence float64
}

func (f *fit) newSums() *sums {
	return &sums{moments: make([]moment, f.classes*groups), blocks: make([]blockSums, len(f.weights))}
}

func (s *sums) add(o *sums) {
	for k := range s.moments {
		s.moments[k].add(o.moments[k])
	}
	for k := range s.blocks {
		s.blocks[k].add(&o.blocks[k])
	}
	for k := range s.rho {
		s.rho[k] += o.rho[k]
		s.rhoInfo[k] += o.rhoInfo[k]
	}
	s.evidence += o.evidence
}

// dyad adds what a dyad says of the weights of its blocks and of ρ. What the
// blocks of a pair of different classes have to do with each other, and with ρ,
// is left out: each takes a step of its own.
func (s *sums) dyad(d *dyad, t *slope) {
	forth, back := d.inputs(0), d.inputs(1)
	s.blocks[d.blocks[0]].square(forth, t.by[0], t.info[0])
	s.blocks[d.blocks[1]].square(back, t.by[1], t.info[3])
	if d.blocks[0] == d.blocks[1] {
		s.blocks[d.blocks[0]].cross(forth, back, t.info[1])
	}
	s.rho[d.tie] += t.by[2]
	s.rhoInfo[d.tie] += t.info[5]
}
