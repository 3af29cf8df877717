package cortex_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
)

// The values of science's section 10, written here once more, by hand: class
// shares in % (MICrONS v1718), decay (Egas Santander et al. 2024), probabilities
// at 75 µm (Billeh et al. 2020), the multiple of mutual pairs (Turner et al. 2022).
var published = map[string]float64{
	"share of 23P": .274, "share of 4P": .206, "share of 6P-IT": .162, "share of 5P-IT": .110, "share of 6P-CT": .094,
	"share of 5P-ET": .030, "share of 5P-NP": .013, "share of BC": .046, "share of MC": .034, "share of BPC": .021, "share of NGC": .009,
	"share of excitatory neurons": .89, "decay length across the sheet": 84.5, "decay length in depth": 84.5,
	"L4 E→E over L2/3 E→E": .243 / .160, "L5 E→E over L2/3 E→E": .116 / .160, "L6 E→E over L2/3 E→E": .026 / .160,
	"L2/3 E→PV over L2/3 E→E": .395 / .160, "L2/3 E→SST over L2/3 E→E": .182 / .160, "L2/3 PV→E over L2/3 E→E": .411 / .160,
	"L2/3 PV→PV over L2/3 E→E": .451 / .160, "L2/3 SST→E over L2/3 E→E": .424 / .160, "L2/3 SST→PV over L2/3 E→E": .857 / .160,
	"L4 E→PV over L2/3 E→E": .43 / .160, "L5 E→PV over L2/3 E→E": .083 / .160, "L5 E→SST over L2/3 E→E": .063 / .160,
	"L5 PV→E over L2/3 E→E": .455 / .160, "mutual pairs over chance, L2/3 pyramids": 2.66,
}

func TestPublished(t *testing.T) {
	all, err := cortex.Published(context.Background(), sheet(t).Connectome())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, s := range all {
		found[s.Name] = true
		t.Run(s.Name, func(t *testing.T) {
			t.Logf("published %.4g, ours %.4g [%.4g, %.4g], tolerance %.4g (%s): %s", s.Published, s.Ours, s.Lo, s.Hi, s.Tolerance, s.Why, s.Source)
			if want, known := published[s.Name]; !known || math.Abs(s.Published-want) > 1e-9 {
				t.Errorf("the published value is said to be %g, it is %g", s.Published, want)
			}
			if !(s.Error() <= 1) {
				t.Errorf("published %.4g, ours %.4g: an error of %.2f tolerances", s.Published, s.Ours, s.Error())
			}
			if !(s.Lo <= s.Ours && s.Ours <= s.Hi) || s.Hi-s.Lo > 2*s.Tolerance {
				t.Errorf("the interval %.4g to %.4g of %.4g is none, or too wide to tell", s.Lo, s.Hi, s.Ours)
			}
			if !strings.Contains(s.Source, "doi:") || s.Why == "" || s.Unit == "" {
				t.Errorf("source %q, reason %q, unit %q", s.Source, s.Why, s.Unit)
			}
		})
	}
	for name := range published {
		if !found[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}

// Published looks at what is there: on a sheet with other factors it finds others.
func TestPublishedSeesOtherTissue(t *testing.T) {
	other, err := cortex.New(context.Background(), cortex.Config{Neurons: 12_000, Fixed: cortex.Blueprint{
		cortex.Decay: 58, cortex.EShare: .8, cortex.Reciprocity: 1, cortex.Density: .06,
	}}, 4)
	if err != nil {
		t.Fatal(err)
	}
	all, err := cortex.Published(context.Background(), other)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]cortex.Statistic{}
	for _, s := range all {
		by[s.Name] = s
	}
	for name, bound := range map[string]float64{
		"decay length across the sheet": 76, "decay length in depth": 70,
		"share of excitatory neurons": .82, "mutual pairs over chance, L2/3 pyramids": 1.7,
	} {
		if s := by[name]; s.Error() < 1 || s.Ours > bound {
			t.Errorf("%s is %.3g, an error of %.2f; expected below %.3g, and not met", name, s.Ours, s.Error(), bound)
		}
	}
}

func TestPublishedFaults(t *testing.T) {
	nowhere, err := connectome.New(connectome.Data{Name: "nowhere", Neurons: []circuit.Neuron{{ID: "a", Class: "23P", Position: circuit.NoPosition()}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cortex.Published(context.Background(), nowhere); err == nil || !strings.Contains(err.Error(), `neuron 0 (id "a") of nowhere has no position`) {
		t.Errorf("no position: %v", err)
	}
	foreign, err := connectome.New(connectome.Data{Name: "foreign", Neurons: []circuit.Neuron{{ID: "a", Class: "23P"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cortex.Published(context.Background(), foreign); err == nil || !strings.Contains(err.Error(), "no neuron of class 4P") {
		t.Errorf("no class: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cortex.Published(ctx, sheet(t).Connectome()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
