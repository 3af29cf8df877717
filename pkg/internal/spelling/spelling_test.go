package spelling

import "testing"

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
	// kitten → sitten → sittin → sitting
	if d := Edits("kitten", "sitting"); d != 3 {
		t.Errorf("kitten and sitting are %d edits apart, want 3", d)
	}
}
