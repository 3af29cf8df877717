package show

import (
	"bytes"
	_ "embed" // the page's side
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	pngs "image/png"
	"strings"
	"sync"

	"github.com/cortigen/cortigen/pkg/steer"
)

//go:embed explore.js
var exploreScript string

// What is said of knobs that cannot be turned, or can.
const (
	stillWords = "This is the start. Run the cell in JupyterLab to turn the knobs."
	deadWords  = "These knobs are not connected: run the cell to turn them."
	liveWords  = "Turn a knob. Other cells wait until you stop."
)

// farthestKnob is how far sliders go either way: prior sd of shifts, sd of the
// reference of targets (ours).
const farthestKnob = 3

// turn is a message of the page: where all its controls stand.
type turn struct {
	// Number is greater than those of earlier messages.
	Number int64 `json:"number"`
	// Act is "hello" until the page was answered, "turn" or "stop".
	Act string `json:"act"`
	// Shifts by axis; Targets by measure, nil where it is free.
	Shifts  []float64  `json:"shifts"`
	Targets []*float64 `json:"targets"`
}

// knobs are those that the page's controls stand for.
func (t turn) knobs(e *steer.Explorer) steer.Knobs {
	k := steer.Knobs{Shifts: t.Shifts}
	for i, at := range t.Targets {
		if at != nil && i < len(e.Measures) {
			k.Targets = append(k.Targets, steer.SD(e.Measures[i], *at))
		}
	}
	return k
}

// mailbox keeps the latest message, whatever the order in which they come in.
type mailbox struct {
	// news has one element where there is a message that was not taken.
	news chan struct{}

	mu     sync.Mutex
	latest turn
	taken  int64 // its number
}

func newMailbox() *mailbox { return &mailbox{news: make(chan struct{}, 1)} }

// put keeps a message, unless it is older than the latest or none of the page's.
func (m *mailbox) put(text string) {
	var t turn
	if json.Unmarshal([]byte(text), &t) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.Number <= m.latest.Number {
		return
	}
	m.latest = t
	select {
	case m.news <- struct{}{}:
	default: // it is known that there is one
	}
}

// take returns the latest message; false where it was taken before.
func (m *mailbox) take() (turn, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := m.latest.Number > m.taken
	m.taken = m.latest.Number
	return m.latest, fresh
}

// controls are the sliders and buttons, dead until the page's script has had an
// answer: a saved notebook that holds them must not look alive.
func controls(id string, e *steer.Explorer) string {
	var axes, targets strings.Builder
	for i, a := range e.Axes {
		knob(&axes, fmt.Sprint("axis-", i), html.EscapeString(a.Name), "prior sd", "+0.0 prior sd")
	}
	for i, name := range e.Measures {
		at := fmt.Sprint("target-", i)
		label := fmt.Sprintf("<input type=\"checkbox\" disabled data-knob=\"%s\"> %s", at, html.EscapeString(spoken(name)))
		knob(&targets, at, label, "sd", "free")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<div id=\"%s\" data-address=\"%s\" data-live=\"%s\" data-lm-suppress-shortcuts=\"true\">\n", id, id, liveWords)
	b.WriteString("<div style=\"display:flex;flex-wrap:wrap;gap:0 2em;align-items:flex-start\">\n")
	for _, part := range []struct{ title, rows string }{{"Shift the code along", axes.String()}, {"Ask for", targets.String()}} {
		if part.rows != "" {
			fmt.Fprintf(&b, "<table style=\"margin:0\"><tr><th colspan=\"3\" style=\"text-align:left\">%s</th></tr>\n%s</table>\n", part.title, part.rows)
		}
	}
	b.WriteString("</div>\n<button type=\"button\" class=\"reset\" disabled>Reset</button> <button type=\"button\" class=\"stop\" disabled>Stop</button>\n")
	fmt.Fprintf(&b, "<span class=\"status\">%s</span>\n</div>\n<script>%s(%q)</script>", deadWords, exploreScript, id)
	return b.String()
}

// knob is a row with a slider, its name and where it stands.
func knob(b *strings.Builder, name, label, unit, stands string) {
	fmt.Fprintf(b, "<tr><td style=\"text-align:left\"><label>%s</label></td><td><input type=\"range\" disabled data-knob=\"%s\" data-unit=\"%s\" min=\"-%d\" max=\"%d\" step=\"0.1\" value=\"0\" style=\"width:11em\"></td><td style=\"text-align:left;min-width:7em\"><output>%s</output></td></tr>\n",
		label, name, unit, farthestKnob, farthestKnob, stands)
}

// stood takes the place of the controls when they are dead.
func stood(ending string, e *steer.Explorer, k steer.Knobs) string {
	return fmt.Sprintf("<p>%s at: %s. Run the cell again to turn the knobs; they begin at zero.</p>", ending, html.EscapeString(standing(e, k)))
}

// exploredPage is a picture that the page carries in itself, and what a reader must
// know of it. Its size is given, so that nothing moves while it is loaded.
func exploredPage(v steer.View, png []byte, stands string) string {
	var b strings.Builder
	alt := fmt.Sprintf("adjacency and wiring of a circuit, and measures of %d: %s", len(v.Circuits), stands)
	size, _ := pngs.DecodeConfig(bytes.NewReader(png)) // of what was just encoded
	fmt.Fprintf(&b, "<img class=\"explorer\" width=\"%d\" height=\"%d\" style=\"max-width:100%%;height:auto\" alt=\"%s\" src=\"data:image/png;base64,%s\">\n",
		size.Width, size.Height, html.EscapeString(alt), base64.StdEncoding.EncodeToString(png))
	for _, note := range v.Notes {
		fmt.Fprintf(&b, "<div>%s</div>\n", html.EscapeString(note))
	}
	return b.String()
}

// spoken turns the name of a measure into words.
func spoken(measure string) string { return strings.ReplaceAll(measure, "_", " ") }
