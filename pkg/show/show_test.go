package show

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

func TestVerdict(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		answer, truth float64
		want          string
	}{
		"no answer yet": {nan, 1, "Your turn"},
		"right":         {1.04, 1, "It holds"},
		"at the edge":   {1.0625, 1, "It holds"},
		"wrong":         {1.2, 1, "Not yet.** look again"},
		"no truth":      {1, nan, "no answer here"},
	} {
		got := verdict(c.answer, c.truth, .0625, "look again")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: the verdict is %q, want %q", name, got, c.want)
		}
		if c.want != "It holds" && strings.Contains(got, "measured") {
			t.Errorf("%s: the verdict tells the truth: %q", name, got)
		}
	}
}

func TestMessage(t *testing.T) {
	for want, err := range map[string]error{
		"Run the cell that makes it first":       fmt.Errorf("artifact: x: %w", artifact.ErrMissing),
		"Run the cell that makes it again":       fmt.Errorf("artifact: x: %w", artifact.ErrStale),
		"interrupted; what was finished is kept": fmt.Errorf("train: %w", context.Canceled),
		"something else":                         fmt.Errorf("something else"),
	} {
		if got := message(err); !strings.Contains(got, want) {
			t.Errorf("the message is %q, want %q", got, want)
		}
	}
}

// A failing cell must end, with the reason on its error stream and no trace.
func TestMustEndsTheCell(t *testing.T) {
	if os.Getenv("SHOW_TEST_CELL") != "" {
		Must(0, fmt.Errorf("the reason"))
		fmt.Println("went on")
		return
	}
	cell := exec.Command(os.Args[0], "-test.run=^TestMustEndsTheCell$")
	cell.Env = append(os.Environ(), "SHOW_TEST_CELL=1")
	out, err := cell.CombinedOutput()
	if err == nil || cell.ProcessState.ExitCode() != 1 || strings.TrimSpace(string(out)) != "the reason" {
		t.Errorf("the cell ended with %v and said %q", err, out)
	}
	if Must("value", nil) != "value" {
		t.Error("a value is lost")
	}
}

func TestProgressIsThrottled(t *testing.T) {
	now := time.Unix(0, 0)
	p := progress{now: func() time.Time { return now }}
	for i, c := range []struct {
		after time.Duration
		task  string
		done  int
		want  bool
	}{
		{0, "a", 0, true}, {time.Millisecond, "a", 1, false}, {time.Second, "a", 2, true}, {time.Millisecond, "a", 10, true},
		{time.Millisecond, "b", 0, true}, {time.Millisecond, "b", 1, false},
	} {
		now = now.Add(c.after)
		if got := p.due(c.task, c.done, 10); got != c.want {
			t.Errorf("report %d is drawn: %v, want %v", i, got, c.want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		done, total, full int
	}{{0, 10, 0}, {5, 10, 20}, {10, 10, 40}, {20, 10, 40}, {3, 0, 0}, {-1, 10, 0}} {
		got := bar("train <1>", c.done, c.total, "a & b")
		if strings.Count(got, "█") != c.full || strings.Count(got, "█")+strings.Count(got, "░") != 40 {
			t.Errorf("the bar of %d/%d is %q", c.done, c.total, got)
		}
		if !strings.Contains(got, "train &lt;1&gt;") || !strings.Contains(got, "a &amp; b") {
			t.Errorf("text is not escaped: %q", got)
		}
	}
}

func TestTables(t *testing.T) {
	header, rows := []string{"what", "R²"}, [][]string{{"a < b", "0.5"}}
	page := htmlTable(header, rows)
	if !strings.Contains(page, "a &lt; b") || strings.Count(page, "<tr>") != 2 || strings.Count(page, "<th ") != 2 {
		t.Errorf("the table is %s", page)
	}
	if got := plainTable(header, rows); got != "what\tR²\na < b\t0.5\n" {
		t.Errorf("outside a notebook the table is %q", got)
	}
}
