package show

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/figure"
)

// Must returns value, or prints the error and ends the cell.
func Must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

// fail ends the cell with a message. What was displayed before is sent first.
func fail(err error) {
	gonbui.Sync()
	fmt.Fprintln(os.Stderr, message(err))
	os.Exit(1)
}

// message says what to do about an error, where more is known than it says.
func message(err error) string {
	switch {
	case errors.Is(err, artifact.ErrMissing):
		return fmt.Sprintf("%v\nRun the cell that makes it first: the notebooks build on each other in the order of their numbers.", err)
	case errors.Is(err, artifact.ErrStale):
		return fmt.Sprintf("%v\nRun the cell that makes it again.", err)
	case errors.Is(err, context.Canceled):
		return "interrupted; what was finished is kept, and the cell goes on from there when run again"
	}
	return err.Error()
}

// Context returns a context that ends when the cell is interrupted.
func Context() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	return ctx
}

// Result loads what an experiment made under the notebook's setting, without
// linking the experiment. It ends the cell where there is no such result, or one
// made by other sources.
func Result[T any](experiment string) T {
	setting := Must(artifact.FromEnvironment())
	return Must(artifact.Load[T](setting.Name(experiment)))
}

// Figure shows a figure. It takes what functions of package figure return.
func Figure(f *figure.Figure, err error) {
	png := Must(Must(f, err).PNG())
	if !gonbui.IsNotebook {
		fmt.Printf("(a figure of %d bytes, shown in a notebook)\n", len(png))
		return
	}
	gonbui.DisplayPNG(png)
	gonbui.Sync()
}

// Markdown shows formatted text as Markdown.
func Markdown(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !gonbui.IsNotebook {
		fmt.Println(text)
		return
	}
	gonbui.DisplayMarkdown(text)
	gonbui.Sync()
}

// Table shows rows of cells below a header.
func Table(header []string, rows [][]string) {
	if !gonbui.IsNotebook {
		fmt.Print(plainTable(header, rows))
		return
	}
	gonbui.DisplayHTML(htmlTable(header, rows))
	gonbui.Sync()
}

func htmlTable(header []string, rows [][]string) string {
	var b strings.Builder
	line := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for _, cell := range cells {
			fmt.Fprintf(&b, "<%s style=\"text-align:left\">%s</%s>", tag, html.EscapeString(cell), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n")
	line("th", header)
	for _, row := range rows {
		line("td", row)
	}
	b.WriteString("</table>")
	return b.String()
}

func plainTable(header []string, rows [][]string) string {
	var b strings.Builder
	for _, row := range append([][]string{header}, rows...) {
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}
