package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// painter draws a bar over one line on a terminal. Elsewhere it prints a line when
// a download begins, and one of what is under way every half minute.
type painter struct {
	out      io.Writer
	terminal bool
	width    func() int // of the terminal, in characters
	now      func() time.Time

	last    catalogue.Event
	began   time.Time
	first   int64 // bytes that were there when the stage began
	painted time.Time
	drawn   bool
}

func newPainter(out io.Writer) *painter {
	p := &painter{out: out, now: time.Now}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
		p.width = func() int {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil {
				return w
			}
			return 80
		}
	}
	return p
}

// show is a catalogue.Fetcher's Progress.
func (p *painter) show(e catalogue.Event) {
	now, fresh := p.now(), e.File != p.last.File || e.Stage != p.last.Stage
	p.last = e
	if fresh {
		p.began, p.first = now, e.Done
	}
	if e.Why != nil {
		p.end()
		fmt.Fprintf(p.out, "  %s: %s: %v\n", e.File, e.Stage, e.Why)
		return
	}
	pause := 100 * time.Millisecond
	if !p.terminal {
		pause = 30 * time.Second
	}
	whole := p.terminal && e.Total > 0 && e.Done == e.Total
	if !fresh && !whole && now.Sub(p.painted) < pause {
		return
	}
	quiet := e.Stage == catalogue.Verifying || e.Stage == catalogue.Unpacking
	p.painted = now
	if !p.terminal && fresh && quiet {
		return // told if it takes long
	}
	if p.terminal {
		line := p.line(e, now) // a line that wrapped could not be drawn over
		fmt.Fprintf(p.out, "\r\033[K  %s", line[:min(len(line), max(p.width()-3, 0))])
		p.drawn = true
		return
	}
	fmt.Fprintf(p.out, "  %s\n", p.line(e, now))
}

// end leaves the bar as it is and goes to the next line.
func (p *painter) end() {
	if p.drawn {
		fmt.Fprintln(p.out)
		p.drawn = false
	}
}

// line is one state in words: file, stage, bar, bytes, speed and time left.
func (p *painter) line(e catalogue.Event, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.File, e.Stage)
	switch {
	case e.Total > 0 && !p.terminal && e.Done == p.first:
		fmt.Fprintf(&b, " %s", size(e.Total))
	case e.Total > 0 && !p.terminal:
		fmt.Fprintf(&b, " %d %% of %s", min(100*e.Done/e.Total, 100), size(e.Total))
	case e.Total > 0:
		const width = 24
		done := min(int(width*e.Done/e.Total), width)
		fmt.Fprintf(&b, " [%s%s] %3d %% of %s", strings.Repeat("=", done), strings.Repeat(" ", width-done), min(100*e.Done/e.Total, 100), size(e.Total))
	case e.Done > 0:
		fmt.Fprintf(&b, " %s", size(e.Done))
	}
	if seconds := now.Sub(p.began).Seconds(); seconds >= 1 && e.Done > p.first {
		speed := float64(e.Done-p.first) / seconds
		fmt.Fprintf(&b, ", %s/s", size(int64(speed)))
		if e.Total > e.Done {
			left := time.Duration(float64(e.Total-e.Done) / speed * float64(time.Second))
			fmt.Fprintf(&b, ", %s left", left.Round(time.Second))
		}
	}
	return b.String()
}
