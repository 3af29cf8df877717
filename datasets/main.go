// Command datasets lists published connectomes, fetches and checks them, and turns
// one format into another.
//
//	go run ./datasets [list]
//	go run ./datasets info NAME
//	go run ./datasets fetch NAME [-to FOLDER] [-yes]
//	go run ./datasets check [NAME|FOLDER]
//	go run ./datasets convert IN OUT [-from FORMAT] [-population NAME] [-voxel X,Y,Z] [-format FORMAT] [-overwrite]
//
// What is fetched lies in the cache, and its name is then a dataset's name wherever
// one is asked for (-data NAME). A fetch that was broken off goes on where it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/cortigen/cortigen/pkg/connectome"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "datasets: interrupted; what came is kept, and the same command goes on from there")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "datasets:", err)
		os.Exit(1)
	}
}

const usage = `go run ./datasets list          shows what is in the catalogue, and what is fetched
go run ./datasets info NAME     tells what a dataset holds, its files, licence and citations
go run ./datasets fetch NAME    downloads it, or goes on with a download
go run ./datasets check         compares what was fetched, or one NAME or FOLDER, with its checksums
go run ./datasets convert IN OUT  reads a connectome and writes it in another format
`

// options are all flags; each word takes some of them.
type options struct {
	to        string
	yes       bool
	from      string
	format    string
	overwrite bool
	voxel     [3]float64
	// population is one of several reconstructions in a file.
	population string
	// simulator is how weights are made for simulators.
	simulator connectome.SimulatorConfig
}

// words maps each to how many arguments it takes.
var words = map[string]struct{ least, most int }{
	"list": {0, 0}, "info": {1, 1}, "fetch": {1, 1}, "check": {0, 1}, "convert": {2, 2},
}

func run(ctx context.Context, args []string, out io.Writer) error {
	word := "list"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		word, args = args[0], args[1:]
	}
	o, args, err := parse(word, args, out)
	if err != nil {
		return err
	}
	switch word {
	case "info":
		return info(args[0], out)
	case "fetch":
		return fetch(ctx, args[0], o, out)
	case "check":
		return check(ctx, args, out)
	case "convert":
		return convert(ctx, args[0], args[1], o, out)
	default:
		return list(out)
	}
}

// parse reads the flags of a word, before and after its arguments, which it returns.
func parse(word string, args []string, out io.Writer) (options, []string, error) {
	var o options
	takes, known := words[word]
	if !known {
		return o, nil, fmt.Errorf("%q is not a command: use list, info, fetch, check or convert", word)
	}
	flags := flag.NewFlagSet("datasets "+word, flag.ContinueOnError)
	flags.SetOutput(out)
	switch word {
	case "fetch":
		flags.StringVar(&o.to, "to", "", "folder in which the dataset's folder is made (default: the cache)")
		flags.BoolVar(&o.yes, "yes", false, "fetch even what is large")
	case "convert":
		flags.StringVar(&o.from, "from", "", "format of IN (default: told by its content): "+formats(reads))
		flags.StringVar(&o.format, "format", "", "format of OUT (default: told by its extension): "+formats(writes))
		flags.Func("voxel", "size of IN's voxels in nm, such as 3.58,3.58,40, where its positions are in voxels (default: what its format says)", o.readVoxel)
		flags.StringVar(&o.population, "population", "", "which of several reconstructions in IN, such as chemical/full_matrix (without it, the error lists them)")
		flags.Func("unknown-sign", "E or I: what neurons without a known sign are taken for in tables for simulators (without it, they are an error)", o.readSign)
		flags.BoolVar(&o.overwrite, "overwrite", false, "replace OUT where it is there")
	}
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	var given []string
	for {
		if err := flags.Parse(args); err != nil {
			return o, nil, err
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		given, args = append(given, args[0]), args[1:]
	}
	switch n := len(given); {
	case n < takes.least:
		return o, nil, fmt.Errorf("%s: what? see go run ./datasets %s -help", word, word)
	case n > takes.most:
		return o, nil, fmt.Errorf("%s: %q is one argument too many", word, given[takes.most])
	}
	return o, given, nil
}
