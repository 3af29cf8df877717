package connectome

import (
	"fmt"
	"strings"
)

// String describes a reading in a few lines.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d neurons, %d edges", r.Layout, r.Neurons, r.Edges)
	if len(r.Files) > 0 {
		fmt.Fprintf(&b, " from %s", strings.Join(r.Files, ", "))
	}
	for _, d := range r.Drops {
		fmt.Fprintf(&b, "\n  left out: %d × %s", d.Count, d.What)
		if d.Why != "" {
			fmt.Fprintf(&b, " (%s)", d.Why)
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n  note: %s", note)
	}
	return b.String()
}
