package experiment_test

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/experiment"
)

// A whole line in a program: what was computed before is loaded.
func Example() {
	store, err := artifact.Default()
	if err != nil {
		fmt.Println(err)
		return
	}
	run := &experiment.Run{
		Setting:  artifact.Setting{Dataset: artifact.Cortex, Preset: artifact.Quick, Seed: 1},
		Store:    store,
		Progress: func(task string, done, total int, text string) { fmt.Println(task, done, total, text) },
	}
	result, err := run.Reconstruction(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Verdict())
}
