package graphvae_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/graphvae"
)

// killVariable holds, in a child of TestKilledTraining, the kind of model to
// train, a colon and the folder to train in.
const killVariable = "CORTIGEN_TEST_TRAIN_IN"

// A child that trains is this test binary, started again.
func TestMain(m *testing.M) {
	kind, dir, asked := strings.Cut(os.Getenv(killVariable), ":")
	if !asked {
		os.Exit(m.Run())
	}
	if err := trainIn(graphvae.Kind(kind), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// trainIn trains with checkpoints in a folder, saves the model in it when done,
// and prints how many epochs were restored.
func trainIn(kind graphvae.Kind, dir string) error {
	var tb testing.B // for the helpers; they fail only where the toy itself is wrong
	circuits := toyCircuits(&tb, 16, 1)
	m := toyModelOf(&tb, circuits, kind)
	cfg := graphvae.Training{Steps: 300, Batch: 4, LearningRate: .01, Checkpoint: filepath.Join(dir, "checkpoint")}
	restored := 0
	for epoch, err := range m.Train(context.Background(), circuits[:12], circuits[12:], cfg, 2) {
		if err != nil {
			return err
		}
		if epoch.Took == 0 {
			restored++
		}
	}
	fmt.Println("restored", restored)
	return m.Save(filepath.Join(dir, "model"))
}

// trainChild trains in another process, which is killed after the given time
// unless it ends before.
func trainChild(t *testing.T, kind graphvae.Kind, dir string, life time.Duration) (output string, killed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0]) // killed by SIGKILL when ctx ends
	child.Env = append(os.Environ(), killVariable+"="+string(kind)+":"+dir)
	out, err := child.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		t.Fatalf("child: %v\n%s", err, out)
	}
	return string(out), err != nil
}

// Ten times, or five of the second kind, a training is killed at a random moment, at times while it writes a
// checkpoint, and goes on from what it finds. It ends with the very files of a
// training that was left alone.
func TestKilledTraining(t *testing.T) { forKinds(t, killedTraining) }

func killedTraining(t *testing.T, kind graphvae.Kind) {
	whole, dir := t.TempDir(), t.TempDir()
	began := time.Now()
	if _, killed := trainChild(t, kind, whole, time.Minute); killed {
		t.Fatal("a short training takes more than a minute")
	}
	life := time.Since(began)

	rng := rand.New(rand.NewPCG(13, 14))
	kills, ends := 0, 0
	rounds := map[graphvae.Kind]int{graphvae.Slots: 10, graphvae.Exchangeable: 5}[kind]
	for range rounds {
		// At any moment from starting up on.
		if _, killed := trainChild(t, kind, dir, time.Duration((.02+.2*rng.Float64())*float64(life))); killed {
			kills++
		} else {
			ends++
		}
	}
	out, _ := trainChild(t, kind, dir, time.Minute)
	t.Logf("a whole run takes %v; %d runs were killed, %d ended before; the last: %s", life, kills, ends, strings.TrimSpace(out))
	if 3*kills < rounds {
		t.Errorf("only %d of %d runs were killed before they ended", kills, rounds)
	}
	if !strings.HasPrefix(out, "restored ") || strings.HasPrefix(out, "restored 0") {
		t.Errorf("the last run should have gone on from a checkpoint, it says %q", out)
	}
	for _, folder := range []string{"model", "checkpoint"} {
		got, want := contents(t, filepath.Join(dir, folder)), contents(t, filepath.Join(whole, folder))
		if len(want) != 2 || !sameFiles(got, want) {
			t.Errorf("%s: killed and resumed, it has other files than a run left alone: %d and %d", folder, len(got), len(want))
		}
	}
}
