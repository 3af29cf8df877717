package connectome

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// format is a way in which files hold a reconstruction. A new one joins by an
// entry in formats and a line in formats_test.go.
type format struct {
	// Format is what users see.
	Format
	// match returns the files of the source that read would take, in a fixed
	// order, and none where the source is not of this format. near says what
	// little was missing, if it was little.
	match func(s *source) (files []string, near error)
	// read fills in everything but Checksum and the report's Layout and Files.
	// What it leaves out it counts as drops.
	read func(ctx context.Context, s *source, files []string, r Reading) (Data, error)
	// save writes to a path that is not there yet: a file or a folder, as
	// Format.Folder says. nil: this format is only read.
	save func(ctx context.Context, c *Connectome, path string, w Writing) error
	// shy formats take so much that a source which is nearly of another one is
	// left to that one's error.
	shy bool
	// compresses says that save writes gzip to a path that ends in .gz.
	compresses bool
}

// Format describes a way in which files hold a reconstruction.
type Format struct {
	// Name is a short word, as Reading.Format and Writing.Format take it.
	Name string `json:"name"`
	// Title says what it is in a few words, as a Report shows it.
	Title string `json:"title"`
	// Extension is that of the file, such as ".graphml"; "" for a folder.
	Extension string `json:"extension,omitempty"`
	// Folder is whether several files in a folder make one reconstruction.
	Folder bool `json:"folder,omitempty"`
	// Reads and Writes say which of Open and Save know it.
	Reads  bool `json:"reads"`
	Writes bool `json:"writes"`
}

// Formats returns what Open reads and Save writes, in the order in which they
// are tried.
func Formats() []Format {
	var all []Format
	for _, f := range formats() {
		f.Reads, f.Writes = f.read != nil, f.save != nil
		all = append(all, f.Format)
	}
	return all
}

// formats are tried in order; one that asks for more comes first.
func formats() []format {
	return slices.Concat(
		[]format{parquetPair()},
		[]format{minniePack()},
		packs(),
		[]format{caveFormat()},
		[]format{sonata(), connectivityMatrix()},
		[]format{graphML(), nodeLink(), sparseNPZ()},
		[]format{plain()},
		simulators(),
	)
}

func names(all []format) string {
	var list []string
	for _, f := range all {
		list = append(list, f.Name)
	}
	return strings.Join(list, ", ")
}

func titles(all []format) string {
	var list []string
	for _, f := range all {
		list = append(list, fmt.Sprintf("%s (%s)", f.Name, f.Title))
	}
	return strings.Join(list, "; ")
}
