package show

import (
	"fmt"
	"html"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
)

// Progress returns what experiments report to: in a notebook one bar that is
// drawn over, else a line for each task. It leaves out reports that follow each
// other by less than a tenth of a second, but not the first and last of a task.
func Progress() func(task string, done, total int, text string) {
	p := progress{id: "progress-" + gonbui.UniqueId(), now: time.Now}
	return p.report
}

type progress struct {
	id   string
	task string
	last time.Time
	now  func() time.Time
}

// due reports whether a report is worth drawing.
func (p *progress) due(task string, done, total int) bool {
	now := p.now()
	if task == p.task && done < total && now.Sub(p.last) < time.Second/10 {
		return false
	}
	p.task, p.last = task, now
	return true
}

func (p *progress) report(task string, done, total int, text string) {
	fresh := task != p.task
	if !p.due(task, done, total) {
		return
	}
	// Outputs of a run without a reader are kept: a bar would stay in them at
	// whatever it last said.
	if headless := os.Getenv("CORTIGEN_HEADLESS") != ""; headless || !gonbui.IsNotebook {
		if fresh && !headless {
			fmt.Fprintf(os.Stderr, "%s: %s\n", task, text)
		}
		return
	}
	gonbui.UpdateHTML(p.id, bar(task, done, total, text))
}

// bar draws a bar of 40 characters.
func bar(task string, done, total int, text string) string {
	const width = 40
	full := 0
	if total > 0 {
		full = min(width, max(0, width*done/total))
	}
	return fmt.Sprintf("<pre>%s %s%s %s</pre>", html.EscapeString(task),
		strings.Repeat("█", full), strings.Repeat("░", width-full), html.EscapeString(text))
}
