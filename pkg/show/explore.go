package show

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"

	"github.com/cortigen/cortigen/pkg/figure"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Explore shows sliders for the knobs of an explorer, and a picture of the circuits
// that they make, which follows while they are moved. The cell runs until its stop
// button is pressed or it is interrupted. What it leaves, and what a notebook holds
// that is saved meanwhile, is the picture as it was last; once it ended, a line
// on where the knobs stood takes the place of the sliders. An error of one setting
// is shown above the last picture and ends nothing.
//
// Headless, outside of a notebook, and where no browser answers for 20 seconds, it
// shows the start and ends.
func Explore(ctx context.Context, e *steer.Explorer) {
	if err := e.Check(); err != nil {
		fail(err)
	}
	if os.Getenv("CORTIGEN_HEADLESS") != "" || !gonbui.IsNotebook {
		still(Must(e.View(ctx, steer.Knobs{})))
		return
	}
	id := "explorer-" + gonbui.UniqueId()
	x := &exploring{explorer: e, id: id, turns: newMailbox(), patience: 20 * time.Second,
		update: func(part, page string) { gonbui.UpdateHTML(id+"-"+part, page) },
		answer: func() { comms.Send(id+"/answer", "here") },
		knock:  comms.Start,
	}
	// It ends with the program: a message to an address that was given up would
	// leave gonb locked.
	comms.Subscribe(id, func(_, text string) { x.turns.put(text) })
	if err := x.run(ctx); err != nil {
		fail(err)
	}
	gonbui.Sync()
}

// still shows a view to those who cannot turn its knobs.
func still(v steer.View) {
	if gonbui.IsNotebook {
		Figure(figure.Explorer(v))
	} else {
		rows := make([][]string, len(v.Now))
		for i, r := range v.Now {
			rows[i] = []string{spoken(r.Measure), fmt.Sprintf("%.3g", r.Mean), fmt.Sprintf("%+.2f", r.MeanSD)}
		}
		Table([]string{"measure", "mean", "sd from the reference"}, rows)
	}
	Markdown("*%s*", stillWords)
}

// exploring is one run of Explore before a reader.
type exploring struct {
	explorer *steer.Explorer
	id       string // of the controls, and the address to which they send
	turns    *mailbox
	patience time.Duration // with a browser that does not answer
	// update replaces the part "knobs" or "picture" of the output; answer tells the
	// page that it is heard; knock tries again to reach one.
	update func(part, page string)
	answer func()
	knock  func()

	knobs   steer.Knobs
	picture string
}

// run shows and follows. An explorer that cannot show its start is an error.
func (x *exploring) run(ctx context.Context) error {
	if err := x.draw(ctx, steer.Knobs{}); err != nil {
		return err
	}
	x.update("knobs", controls(x.id, x.explorer))
	x.update("picture", x.picture)
	ending := "Stopped"
	if !x.follow(ctx) {
		ending = "No browser answered"
	}
	x.update("knobs", stood(ending, x.explorer, x.knobs))
	x.update("picture", x.picture) // without an error of a setting
	return nil
}

// follow draws the latest setting until it is told to stop. It reports false where
// no page ever answered.
func (x *exploring) follow(ctx context.Context) (answered bool) {
	knocking := time.NewTicker(x.patience / 5)
	defer knocking.Stop()
	deadline := time.NewTimer(x.patience)
	defer deadline.Stop()
	for {
		select {
		case <-ctx.Done():
			return true
		case <-deadline.C:
			if !answered {
				return false
			}
		case <-knocking.C:
			if !answered {
				x.knock()
			}
		case <-x.turns.news:
			answered = true
			if t, fresh := x.turns.take(); fresh && x.take(ctx, t) {
				return true
			}
		}
	}
}

// take does what the page asks for, and reports whether that was to stop.
func (x *exploring) take(ctx context.Context, t turn) (stop bool) {
	switch t.Act {
	case "stop":
		return true
	case "hello":
		x.answer()
		return false
	}
	err := x.draw(ctx, t.knobs(x.explorer))
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		x.update("picture", fault(err, t.Number)+x.picture)
	default:
		x.update("picture", marked(t.Number)+x.picture)
	}
	return false
}

// draw makes the picture of some knobs, or leaves the last one.
func (x *exploring) draw(ctx context.Context, k steer.Knobs) error {
	v, err := x.explorer.View(ctx, k)
	if err != nil {
		return err
	}
	f, err := figure.Explorer(v)
	if err != nil {
		return err
	}
	png, err := f.Preview()
	if err != nil {
		return err
	}
	x.knobs, x.picture = k, exploredPage(v, png, standing(x.explorer, k))
	return nil
}

// fault is an error of a setting, in the place of its picture.
func fault(err error, number int64) string {
	return fmt.Sprintf("%s<pre style=\"color:#D55E00;white-space:pre-wrap\">%s\nThe picture is of the setting before.</pre>\n", marked(number), html.EscapeString(err.Error()))
}

// marked names the turn that a picture answers.
func marked(number int64) string { return fmt.Sprintf("<span data-turn=\"%d\"></span>", number) }

// standing says where knobs stand that are not at zero.
func standing(e *steer.Explorer, k steer.Knobs) string {
	var words []string
	for i, by := range k.Shifts {
		if by != 0 {
			words = append(words, fmt.Sprintf("%s %+.1f prior sd", e.Axes[i].Name, by))
		}
	}
	for _, t := range k.Targets {
		words = append(words, fmt.Sprintf("target %s %+.1f sd", spoken(t.Measure), t.From))
	}
	if len(words) == 0 {
		return "all knobs at zero"
	}
	return strings.Join(words, "; ")
}
