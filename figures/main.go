// Command figures makes every figure and the table of results from scratch.
//
//	go run ./figures [-preset quick|standard|paper] [-data NAME|PATH] [-only reconstruction,steering]
//	go run ./figures -pretrained [-preset quick|standard]
//
// With -only it makes those figures and rows, and leaves the others as they are.
// The second makes the model that graphvae.Pretrained loads, and no figures.
//
// Figures go to figures/DATASET as PNG and SVG, numbers to figures/results.json,
// where rows of other datasets, presets and backends stay as they are. Results
// that are already in the store are not computed again. Of real reconstructions
// only aggregates are drawn, never the wiring of a circuit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/cortigen/cortigen/pkg"
	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

// group is figures that one experiment gives.
type group struct {
	name string
	draw func(ctx context.Context, r *experiment.Run, d *drawing) error
}

var groups = []group{
	{"columns", drawColumns},
	{"reconstruction", drawReconstruction},
	{"leak", drawLeak},
	{"survey", drawSurvey},
	{"special", drawSpecial},
	{"blueprint", drawBlueprint},
	{"probes", drawProbes},
	{"steering", drawSteering},
	{"making", drawMaking},
	{"inpainting", drawInpainting},
	{"mutual", drawMutual},
	{"reading", drawReading},
	{"story", drawStory},
	{"standing", drawStanding},
	{"rate", drawRate},
	{"ablations", drawAblations},
	{"directing", drawDirecting},
	{"synthesis", drawSynthesis},
	{"recovering", drawRecovering},
	{"outside", nothing},
	{measured, nothing},
}

// measured is the name of the rows that benchmarks and other commands left in the
// store.
const measured = "speed"

// nothing is drawn of an experiment that has rows only.
func nothing(context.Context, *experiment.Run, *drawing) error { return nil }

func run(ctx context.Context, args []string) error {
	setting, err := artifact.FromEnvironment()
	if err != nil {
		return err
	}
	flags := flag.NewFlagSet("figures", flag.ContinueOnError)
	flags.StringVar((*string)(&setting.Preset), "preset", string(setting.Preset), "size: quick, standard or paper")
	flags.StringVar(&setting.Dataset, "data", setting.Dataset, "cortex, a folder or file, or the name of one in CORTIGEN_DATA")
	only := flags.String("only", "", "some of "+strings.Join(groupNames(), ",")+" (default all)")
	pretrained := flags.Bool("pretrained", false, "make the model that ships in pkg/graphvae/pretrained, and nothing else")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if err := setting.Validate(); err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	root, err := pkg.Root()
	if err != nil {
		return err
	}
	store, err := artifact.Default()
	if err != nil {
		return err
	}
	r := &experiment.Run{Setting: setting, Store: store, Progress: reporter()}
	if *pretrained {
		made, err := r.Pretrain(ctx, filepath.Join(root, "pkg", "graphvae", "pretrained"))
		if err == nil {
			fmt.Printf("%+v\n", made)
		}
		return err
	}
	d := &drawing{dir: filepath.Join(root, "figures", setting.DatasetName()), synthetic: setting.Dataset == artifact.Cortex}
	for _, g := range chosen {
		if err := g.draw(ctx, r, d); err != nil {
			return err
		}
	}
	var names []string
	if *only != "" {
		for _, g := range chosen {
			names = append(names, g.name)
		}
	}
	rows, err := mergeRows(ctx, r, names, filepath.Join(root, "figures", "results.json"))
	if err != nil {
		return err
	}
	return updateReadme(filepath.Join(root, "README.md"), rows)
}

func groupNames() []string {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.name
	}
	return names
}

// choose returns the groups that a comma-separated list names, all for "".
func choose(only string) ([]group, error) {
	if only == "" {
		return groups, nil
	}
	var chosen []group
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(groups, func(g group) bool { return g.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("-only %q: use some of %s", name, strings.Join(groupNames(), ","))
		}
		chosen = append(chosen, groups[i])
	}
	return chosen, nil
}

// reporter prints a line when a task begins, and then at most every ten seconds.
func reporter() func(task string, done, total int, text string) {
	start, last, lastTask := time.Now(), time.Time{}, ""
	return func(task string, done, total int, text string) {
		if task == lastTask && time.Since(last) < 10*time.Second {
			return
		}
		last, lastTask = time.Now(), task
		fmt.Printf("%6.0f s  %s %d/%d: %s\n", time.Since(start).Seconds(), task, done, total, text)
	}
}

// mergeRows puts the run's numbers, or those of the experiments named, in place of
// their older values, and with all of them what other commands left in the store; it
// returns all rows of the table.
func mergeRows(ctx context.Context, r *experiment.Run, only []string, path string) ([]artifact.Row, error) {
	fresh, err := r.Rows(ctx, only...)
	if err != nil {
		return nil, err
	}
	if len(only) == 0 || slices.Contains(only, measured) {
		left, err := r.Store.Rows()
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, left...)
	}
	old, err := artifact.ReadRows(path)
	if err != nil {
		return nil, err
	}
	merged := artifact.MergeRows(old, fresh)
	if err := artifact.WriteRows(path, merged); err != nil {
		return nil, err
	}
	fmt.Printf("%s: %d rows\n", path, len(fresh))
	return merged, nil
}

// drawing is where figures go.
type drawing struct {
	dir string
	// synthetic tissue may be shown; of a real one only aggregates.
	synthetic bool
}

// save writes what a function of package figure returns.
func (d *drawing) save(name string) func(*figure.Figure, error) error {
	return func(f *figure.Figure, err error) error {
		if err == nil {
			err = f.Save(d.dir, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println(filepath.Join(d.dir, name) + ".png")
		return nil
	}
}
