// Command notebooks makes the notebook environment and runs the course.
//
//	go run ./notebooks [-data NAME|PATH] [-preset quick|standard|paper] [-only 01,03] [-write]
//	go run ./notebooks lab [-dir FOLDER | -copy FOLDER] [-port N] [-no-browser] [-data …] [-preset …]
//	go run ./notebooks clean
//
// Without a word it sets up what is missing, executes copies of the notebooks in
// .out/notebooks, those that changed, and says how to open them. With -write the
// executed copies replace the committed notebooks. The word lab opens JupyterLab
// on this machine only, with -copy on copies of the course; clean removes the environment and all executed copies.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/cortigen/cortigen/pkg"
	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/jupyter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(withParent(ctx), os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "notebooks: interrupted; what was finished is kept, and the next run goes on from there")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "notebooks:", err)
		os.Exit(1)
	}
}

const usage = `go run ./notebooks        sets up what is missing and runs the course
go run ./notebooks lab    opens it, or the folder -dir, in JupyterLab
go run ./notebooks clean  removes the environment and all executed copies

flags of this one:
`

// options are all flags; each word takes some of them.
type options struct {
	setting   artifact.Setting
	only      string
	write     bool
	dir       string
	copies    string
	port      int
	noBrowser bool
	container bool
}

func run(ctx context.Context, args []string, out io.Writer) error {
	root, err := pkg.Root()
	if err != nil {
		return err
	}
	word := "run"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		word, args = args[0], args[1:]
	}
	o, err := parse(word, args, root)
	if err != nil {
		return err
	}
	switch word {
	case "clean":
		return clean(root, out)
	case "lab":
		return lab(ctx, root, o, out)
	default:
		return course(ctx, root, o, out)
	}
}

// parse reads the flags of a word. A dataset's path becomes absolute: cells run
// in another folder.
func parse(word string, args []string, root string) (options, error) {
	var o options
	var err error
	if o.setting, err = artifact.FromEnvironment(); err != nil {
		return o, err
	}
	flags := flag.NewFlagSet("notebooks "+word, flag.ContinueOnError)
	if word == "run" || word == "lab" {
		flags.StringVar(&o.setting.Dataset, "data", o.setting.Dataset, "cortex, a folder or file, or the name of one in CORTIGEN_DATA")
		flags.StringVar((*string)(&o.setting.Preset), "preset", string(o.setting.Preset), "size: quick, standard or paper")
	}
	switch word {
	case "run":
		flags.StringVar(&o.only, "only", "", "run some notebooks, by the beginning of their names: 01,03")
		flags.BoolVar(&o.write, "write", false, "replace the committed notebooks with the executed copies")
	case "lab":
		flags.StringVar(&o.dir, "dir", filepath.Join(root, "notebooks"), "folder to show, such as one of your own")
		flags.StringVar(&o.copies, "copy", "", "folder for copies of the course, to show in place of -dir: the clone's own stay as they are")
		flags.IntVar(&o.port, "port", 0, "port (default 8888, or the next that is free)")
		flags.BoolVar(&o.noBrowser, "no-browser", false, "print the address, open no browser")
		flags.BoolVar(&o.container, "container", false, "listen on all interfaces, for use inside a container")
	case "clean":
	default:
		return o, fmt.Errorf("%q is not a command: use lab, clean, or none to run the course", word)
	}
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag of %s", flags.Arg(0), word)
	}
	if err := o.setting.Validate(); err != nil {
		return o, err
	}
	if o.write && o.setting.Dataset != artifact.Cortex {
		return o, fmt.Errorf("-write is for the embedded %s only: outputs of other datasets may not be ours to publish", artifact.Cortex)
	}
	if _, err := os.Stat(o.setting.Dataset); err == nil && o.setting.Dataset != artifact.Cortex {
		if o.setting.Dataset, err = filepath.Abs(o.setting.Dataset); err != nil {
			return o, err
		}
	}
	if o.copies != "" {
		o.dir = o.copies
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return o, err
	}
	// Paths in the environment mean the same to a cell, which runs elsewhere.
	for _, name := range []string{"CORTIGEN_DATA", "CORTIGEN_CACHE"} {
		if value := os.Getenv(name); value != "" {
			absolute, err := filepath.Abs(value)
			if err != nil {
				return o, err
			}
			if err := os.Setenv(name, absolute); err != nil {
				return o, err
			}
		}
	}
	return o, check(word, o)
}

// check finds what would fail only after minutes of set-up.
func check(word string, o options) error {
	if word == "clean" {
		return nil
	}
	if o.copies == "" && word == "lab" {
		if info, err := os.Stat(o.dir); err != nil || !info.IsDir() {
			return fmt.Errorf("-dir: there is no folder %s for JupyterLab to show", o.dir)
		}
	}
	if o.setting.Dataset == artifact.Cortex {
		return nil
	}
	place, err := catalogue.Locate(o.setting.Dataset)
	if err != nil {
		return err
	}
	return notAFolderOfDatasets(place)
}

// notAFolderOfDatasets tells a user who gave the folder above a dataset which
// there are. No format is of folders alone.
func notAFolderOfDatasets(place string) error {
	entries, err := os.ReadDir(place)
	if err != nil {
		return nil // a file
	}
	var folders []string
	for _, entry := range entries {
		switch hidden := strings.HasPrefix(entry.Name(), "."); {
		case hidden, strings.EqualFold(filepath.Ext(entry.Name()), ".md"):
		case !entry.IsDir():
			return nil
		default:
			folders = append(folders, entry.Name())
		}
	}
	if len(folders) == 0 {
		return fmt.Errorf("-data: %s is empty", place)
	}
	const most = 6
	names := strings.Join(folders[:min(most, len(folders))], ", ")
	if len(folders) > most {
		names += fmt.Sprintf(" and %d more", len(folders)-most)
	}
	return fmt.Errorf("-data: %s has folders only: give one of them (%s)", place, names)
}

func clean(root string, out io.Writer) error {
	for _, name := range []string{".venv", ".out"} {
		if err := os.RemoveAll(filepath.Join(root, name)); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "removed .venv and .out; results in the cache are kept")
	return nil
}

func lab(ctx context.Context, root string, o options, out io.Writer) error {
	course, err := jupyter.Course(filepath.Join(root, "notebooks"))
	if err != nil {
		return err
	}
	env, err := jupyter.Prepare(ctx, root, out)
	if err != nil {
		return err
	}
	switch {
	case o.copies != "":
		if err := copyCourse(course, o.dir, out); err != nil {
			return err
		}
	case o.dir == filepath.Join(root, "notebooks"):
		fmt.Fprintln(out, "these are the clone's own notebooks: what you save there changes them; to work on copies, add -copy FOLDER")
	}
	fmt.Fprintf(out, "JupyterLab shows %s; dataset %s, preset %s, %s. Ctrl-C ends it.\n", o.dir, o.setting.DatasetName(), o.setting.Preset, env.Backend)
	return env.Lab(ctx, jupyter.Lab{Dir: o.dir, Port: o.port, NoBrowser: o.noBrowser, Everywhere: o.container, Setting: o.setting})
}

// course prepares, executes, and says what was made.
func course(ctx context.Context, root string, o options, out io.Writer) error {
	start := time.Now()
	folder := filepath.Join(root, "notebooks")
	all, err := jupyter.Course(folder)
	if err != nil {
		return err
	}
	chosen, err := choose(all, o.only)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "environment\n")
	env, err := jupyter.Prepare(ctx, root, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  ready: JupyterLab, Go kernel, %s\n", env.Backend)
	to := filepath.Join(root, ".out", "notebooks", o.setting.DatasetName()+"-"+string(o.setting.Preset))
	fmt.Fprintf(out, "notebooks, dataset %s, preset %s\n", o.setting.DatasetName(), o.setting.Preset)
	p := newProgress(out, 20*time.Second)
	results, err := env.Execute(ctx, chosen, jupyter.Job{Setting: o.setting, To: to, Progress: p.cell})
	p.stop()
	if err != nil {
		return err
	}
	unchanged := 0
	for _, r := range results {
		if r.Unchanged {
			unchanged++
			fmt.Fprintf(out, "  %-36s unchanged\n", r.Name)
			continue
		}
		fmt.Fprintf(out, "  %-36s %3d cells, %4.0f s, slowest %.1f s\n", r.Name, len(r.Cells), r.Seconds, slices.Max(append(r.Cells, 0)))
	}
	if o.write {
		if err := write(results, folder); err != nil {
			return err
		}
		fmt.Fprintf(out, "written to %s\n", folder)
	}
	seconds := time.Since(start).Seconds()
	if len(chosen) == len(all) {
		if err := keepTime(o.setting, env, seconds, unchanged, len(all)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\ndone in %.0f s\n  to read:  %s\n  to play:  go run ./notebooks lab\n", seconds, results[0].HTML)
	return nil
}

// choose returns the notebooks whose names begin as a comma-separated list says.
func choose(all []string, only string) ([]string, error) {
	if only == "" {
		return all, nil
	}
	var chosen []string
	for prefix := range strings.SplitSeq(only, ",") {
		prefix = strings.TrimSpace(prefix)
		found := false
		for _, path := range all {
			if prefix != "" && strings.HasPrefix(filepath.Base(path), prefix) {
				chosen, found = append(chosen, path), true
			}
		}
		if !found {
			return nil, fmt.Errorf("-only %q: no notebook's name begins so", prefix)
		}
	}
	slices.Sort(chosen)
	return slices.Compact(chosen), nil
}

// write replaces committed notebooks with executed copies that are fit for it.
func write(results []jupyter.Result, folder string) error {
	for _, r := range results {
		n, err := jupyter.ReadNotebook(r.Notebook)
		if err != nil {
			return err
		}
		if err := n.Check(); err != nil {
			return fmt.Errorf("not written: %w", err)
		}
	}
	for _, r := range results {
		data, err := os.ReadFile(r.Notebook)
		if err != nil {
			return err
		}
		if err := artifact.WriteFile(filepath.Join(folder, r.Name+".ipynb"), data); err != nil {
			return err
		}
	}
	return nil
}

// keepTime keeps how long the course took, for the results table: cold, when the
// environment was made and every notebook run; warm, when nothing had changed.
func keepTime(s artifact.Setting, env *jupyter.Environment, seconds float64, unchanged, all int) error {
	what, note := "", ""
	switch {
	case env.Fresh && unchanged == 0:
		what, note = "cold", "environment made and every notebook executed; whether the caches of Go and pip were warm is not known"
	case !env.Fresh && unchanged == all:
		what, note = "warm", "nothing changed since the last run"
	default:
		return nil
	}
	store, err := artifact.Default()
	if err != nil {
		return err
	}
	backend := "go"
	if strings.HasPrefix(env.Backend, "XLA") {
		backend = "xla:cpu"
	}
	row := artifact.Row{
		Name: "time.notebooks_" + what + "_s", Dataset: s.DatasetName(), Preset: string(s.Preset), Backend: backend,
		Value: seconds, Lo: seconds, Hi: seconds, N: 1, Unit: "s", Command: "go run ./notebooks -preset " + string(s.Preset) + " -data " + s.DatasetName(), Note: note,
	}
	return store.PutRows("notebooks/"+what+"/"+s.Name("time"), []artifact.Row{row})
}
