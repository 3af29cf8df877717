package nullmodel

// Table says what each model is, for people: its name, the law of a draw, and what
// of the circuit draws keep.
func Table(models []Model) (header []string, rows [][]string) {
	for _, m := range models {
		rows = append(rows, []string{m.Name, m.Definition, m.Preserves.String()})
	}
	return []string{"null model", "a draw is", "and keeps"}, rows
}
