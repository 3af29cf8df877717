package connectome

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// readProofreading reads who has a proofread axon. In the older form,
// status_axon is "non", "clean" (freed of false merges) or "extended"; in the
// newer, true or false, and strategy_axon says how far it was extended. All but
// "non", false and "none" count: what was seen of such an axon is right. That
// only "extended" and "axon_fully_extended" are near complete is said in a note.
func (c *cave) readProofreading(ctx context.Context, t caveTable, rows *records) error {
	var root, status, way, valid picked
	for _, f := range []struct {
		into  *picked
		names []string
	}{{&root, rootColumns}, {&status, axonColumns}, {&way, wayColumns}, {&valid, []string{"valid_id"}}} {
		var err error
		if *f.into, err = rows.pick(f.names...); err != nil {
			return err
		}
	}
	ways := map[string]int{}
	edited := 0
	err := rows.each(ctx, func() error {
		id, err := rows.id(root)
		if err != nil || id == 0 {
			return err
		}
		proofread, how, err := rows.axon(status, way)
		if err != nil {
			return err
		}
		now, err := rows.id(valid)
		if err != nil {
			return err
		}
		if t.types && how == "" && !proofread { // a row of aibs_cell_info that says nothing
			return nil
		}
		cell := c.cell(id)
		cell.assessed = true
		if !proofread {
			return nil
		}
		if now != 0 && now != id {
			edited++
		}
		if !cell.axon {
			ways[how]++
		}
		cell.axon = true
		return nil
	})
	var found []string
	for _, how := range slices.Sorted(maps.Keys(ways)) {
		found = append(found, fmt.Sprintf("%d %s", ways[how], how))
	}
	if len(found) > 0 {
		c.notes = append(c.notes, fmt.Sprintf("proofread axons in %s: %s; what was seen of them is right, but only those extended in full are near complete", t.file, strings.Join(found, ", ")))
	}
	if edited > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%d proofread axons in %s were edited since (valid_id is another)", edited, t.file))
	}
	return err
}

// axon reads whether an axon was proofread, and in what words.
func (r *records) axon(status, way picked) (proofread bool, how string, err error) {
	word, err := r.text(status)
	if err != nil {
		return false, "", err
	}
	if how, err = r.text(way); err != nil {
		return false, "", err
	}
	switch strings.ToLower(word) {
	case "clean", "extended":
		return true, strings.ToLower(word), nil
	case "non", "none":
		return false, strings.ToLower(word), nil
	}
	if status == noColumn {
		return how != "" && how != "none", how, nil
	}
	if proofread, err = r.flag(status); err != nil {
		return false, "", r.fail(status, fmt.Errorf("%q is not a status: non, clean, extended, true or false", word))
	}
	if how == "" {
		how = strings.ToLower(word)
	}
	return proofread, how, nil
}

// assessedOnly reports whether only proofreading tables know a cell.
func (k caveCell) assessedOnly() bool { return k.assessed && !k.typed }

// mask returns which neurons' outputs were observed; nil where nobody says.
func (c *cave) mask(tables []caveTable, order []int) []bool {
	switch {
	case !slices.ContainsFunc(tables, func(t caveTable) bool { return t.proofed }):
		c.notes = append(c.notes, "there is no proofreading table: all outputs are taken for observed, though most axons may be incomplete")
		return nil
	case c.reading.Unproofread == Trusted:
		c.notes = append(c.notes, "outputs of neurons whose axons were not proofread are trusted, as asked for: they are incomplete")
		return nil
	}
	observed := make([]bool, len(order))
	masked := 0
	for i, k := range order {
		if observed[i] = c.cells[k].axon; !observed[i] {
			masked++
		}
	}
	if masked > 0 {
		c.notes = append(c.notes, fmt.Sprintf("the axons of %d of %d neurons were not proofread: their outputs are unknown but for what was seen", masked, len(order)))
	}
	return observed
}
