package steer

// Synthesis is a benchmark of steering: what methods made of the same queries, how
// far measures reach at all, and how well the surrogate learned them.
type Synthesis struct {
	Reference Reference `json:"reference"`
	Board     Board     `json:"board"`
	Reach     []Reach   `json:"reach"`
	Lessons   []Lesson  `json:"lessons"`
	// Samples are the circuits that every answer rests on.
	Samples int `json:"samples"`
}
