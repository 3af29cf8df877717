package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress tells how far the execution is: drawn over one line of a terminal;
// elsewhere a line for each notebook, and one now and then while a cell runs.
type progress struct {
	out      io.Writer
	terminal bool
	ended    chan struct{}
	done     sync.WaitGroup

	mu         sync.Mutex // of all below, and of writing
	name       string
	number, of int
	since      time.Time
}

func newProgress(out io.Writer, every time.Duration) *progress {
	p := &progress{out: out, ended: make(chan struct{})}
	if f, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	if !p.terminal {
		p.done.Go(func() { p.remind(every) })
	}
	return p
}

// cell is told of every cell that begins.
func (p *progress) cell(name string, number, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, "\r\033[K  %s: cell %d of %d …\r", name, number, of)
	case name != p.name:
		fmt.Fprintf(p.out, "  %s: %d cells …\n", name, of)
	}
	p.name, p.number, p.of, p.since = name, number, of, time.Now()
}

func (p *progress) remind(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-ticker.C:
			p.mu.Lock()
			if p.name != "" {
				fmt.Fprintf(p.out, "  %s: cell %d of %d, %.0f s …\n", p.name, p.number, p.of, time.Since(p.since).Seconds())
			}
			p.mu.Unlock()
		}
	}
}

// stop ends the reminders, and waits until the last is written.
func (p *progress) stop() {
	close(p.ended)
	p.done.Wait()
}
