// Package spelling says which of some names a mistyped one was meant to be.
package spelling

// Edits is the Levenshtein distance between two words, by bytes (Levenshtein 1966).
func Edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Nearest returns the name with the fewest edits, the first of equals; "" of none.
func Nearest(typed string, names []string) string {
	best := ""
	for k, name := range names {
		if k == 0 || Edits(typed, name) < Edits(typed, best) {
			best = name
		}
	}
	return best
}
