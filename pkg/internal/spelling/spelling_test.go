package spelling

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	for name, c := range map[string]struct {
		typed string
		names []string
		want  string
	}{
		"none":      {"er", nil, ""},
		"same":      {"er", []string{"sbm", "er"}, "er"},
		"swapped":   {"recirpocity", []string{"density", "reciprocity"}, "reciprocity"},
		"first tie": {"ab", []string{"aa", "bb"}, "aa"},
	} {
		if got := Nearest(c.typed, c.names); got != c.want {
			t.Errorf("%s: %q is taken for %q, want %q", name, c.typed, got, c.want)
		}
	}
}

// Edit distance is a metric, and one edit is 1.
func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"kitten", "sitting", 3}, {"abc", "", 3}, {"abc", "acb", 2}} { // the second is Levenshtein's usual example
		if got := Edits(c.a, c.b); got != c.want {
			t.Errorf("edits(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
	word := rapid.StringMatching(`[abc]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		ab := Edits(a, b)
		switch {
		case ab != Edits(b, a):
			t.Error("not symmetric")
		case (ab == 0) != (a == b):
			t.Error("not zero for the same words only")
		case Edits(a, c) > ab+Edits(b, c):
			t.Error("a detour is shorter")
		case ab > max(len(a), len(b)):
			t.Error("more edits than letters")
		}
	})
}
