package show

import (
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/figure"
)

// Training returns what trainings report to, for Run.Watch. In a notebook they
// show the terms of the bound, the KL of each unit of z, steps a second and the
// time left, in one output that is drawn over at most once a second; a training
// that follows takes its place, below a line on the one before. When it is done
// or interrupted, the output is a still that needs neither kernel nor network.
// Elsewhere a training is a line when it begins and one when it ends, and
// headless it shows nothing, since how fast it went would differ from run to run.
func Training() func(fidelity.Progress) {
	t := training{now: time.Now, update: func(page string) {}, say: func(line string) {}}
	id := "training-" + gonbui.UniqueId()
	switch {
	case os.Getenv("CORTIGEN_HEADLESS") != "":
	case gonbui.IsNotebook:
		t.update = func(page string) { gonbui.UpdateHTML(id, page) }
	default:
		t.say = func(line string) { fmt.Fprintln(os.Stderr, line) }
	}
	return t.report
}

// training is the display of trainings that follow each other.
type training struct {
	update, say func(text string)
	now         func() time.Time
	last        time.Time
	epochs      []fidelity.Progress // of the training at hand
	before      []string            // a line on each one before
}

func (t *training) report(p fidelity.Progress) {
	fresh := len(t.epochs) == 0 || t.epochs[0].Task != p.Task
	if fresh && len(t.epochs) > 0 {
		t.before = append(t.before, summary(t.epochs))
	}
	if fresh {
		t.epochs = nil
		t.say(p.Task)
	}
	if p.Stopped && !fresh { // the last epoch once more, with a word on how it ended
		t.epochs = t.epochs[:len(t.epochs)-1]
	}
	t.epochs = append(t.epochs, p)
	if p.Done() {
		t.say(summary(t.epochs))
	}
	if now := t.now(); fresh || p.Done() || now.Sub(t.last) >= time.Second {
		t.last = now
		t.update(t.page())
	}
}

// page is the whole output.
func (t *training) page() string {
	now := t.epochs[len(t.epochs)-1]
	var b strings.Builder
	for _, line := range t.before {
		fmt.Fprintf(&b, "<div>%s</div>\n", html.EscapeString(line))
	}
	if now.Done() {
		fmt.Fprintf(&b, "<div>%s</div>\n", html.EscapeString(summary(t.epochs)))
	} else {
		b.WriteString(bar(now.Task, now.Step, now.Of, pace(t.epochs)) + "\n")
	}
	b.WriteString(htmlTable(termRows(now)) + "\n")
	b.WriteString(picture(t.epochs))
	return b.String()
}

// picture is the figure as an image that the page carries in itself. A figure
// that cannot be drawn, as where a bound is not finite, must not end a training.
func picture(epochs []fidelity.Progress) string {
	f, err := figure.Live(epochs)
	if err != nil {
		return ""
	}
	svg, err := f.SVG()
	if err != nil {
		return ""
	}
	alt := fmt.Sprintf("validation bound over %d epochs, and the KL of each unit of z", len(epochs))
	return fmt.Sprintf(`<img alt="%s" src="data:image/svg+xml;base64,%s">`, alt, base64.StdEncoding.EncodeToString(svg))
}

// termRows are the terms of the bound as a table. The last column is the bound
// on edges, code included, per observed ordered pair.
func termRows(p fidelity.Progress) (header []string, rows [][]string) {
	header = []string{"nats per circuit", "edges", "KL of z", "KL of u", "−ELBO", "nats per pair"}
	row := func(name string, b fidelity.Bound) []string {
		return []string{name, fmt.Sprintf("%.1f", b.Edges), fmt.Sprintf("%.2f", b.KL-b.NeuronKL), fmt.Sprintf("%.2f", b.NeuronKL),
			fmt.Sprintf("%.1f", b.Total()), fmt.Sprintf("%.4f", (b.Edges+b.KL)/p.Pairs)}
	}
	rows = [][]string{row("validation", p.Validation), row("training", p.Train)}
	rows[1][5] = "" // training circuits have other numbers of pairs
	if p.ClassDistance > 0 {
		rows = append(rows, []string{"class × distance", fmt.Sprintf("%.1f", p.ClassDistance*p.Pairs), "", "", "", fmt.Sprintf("%.4f", p.ClassDistance)})
	}
	return header, rows
}

// pace says how fast a training is and how long it will take, from the last
// epochs that it took itself.
func pace(epochs []fidelity.Progress) string {
	now := epochs[len(epochs)-1]
	text := fmt.Sprintf("step %d of %d", now.Step, now.Of)
	steps, seconds := 0, 0.0
	for _, e := range epochs[max(0, len(epochs)-5):] {
		if e.Seconds > 0 {
			steps, seconds = steps+e.Epoch, seconds+e.Seconds
		}
	}
	if steps == 0 {
		return text
	}
	rate := float64(steps) / seconds
	return fmt.Sprintf("%s, %.3g steps/s, %s left", text, rate, span(float64(now.Of-now.Step)/rate))
}

// span gives seconds in words.
func span(seconds float64) string {
	switch {
	case seconds < 59.5:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 59.5*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.0f h %02.0f min", math.Floor(seconds/3600), math.Floor(math.Mod(seconds, 3600)/60))
}

// summary says in a line how a training went.
func summary(epochs []fidelity.Progress) string {
	now, seconds, steps, best := epochs[len(epochs)-1], 0.0, 0, -1
	for i, e := range epochs {
		seconds += e.Seconds
		if e.Seconds > 0 {
			steps += e.Epoch
		}
		if e.Best {
			best = i
		}
	}
	text := fmt.Sprintf("%s: %d steps", now.Task, now.Step)
	if now.Stopped {
		text = fmt.Sprintf("%s: interrupted after step %d of %d", now.Task, now.Step, now.Of)
	}
	if steps > 0 {
		text += fmt.Sprintf(" (%s, %.3g steps/s)", span(seconds), float64(steps)/seconds)
	}
	if best >= 0 {
		text += fmt.Sprintf("; kept: step %d, %.4f nats per pair", epochs[best].Step, epochs[best].PerPair())
	}
	if now.Stopped {
		text += "; run the cell again to go on"
	}
	return text
}
