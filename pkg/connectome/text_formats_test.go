package connectome_test

import (
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// kitOf returns the first kit of a format.
func kitOf(f *testing.F, format string) connectometest.Kit {
	f.Helper()
	for _, k := range kits {
		if k.Format == format {
			return k
		}
	}
	f.Fatalf("no kit of %s", format)
	return connectometest.Kit{}
}

func FuzzGraphML(f *testing.F)  { connectometest.Fuzz(f, kitOf(f, "graphml")) }
func FuzzNodeLink(f *testing.F) { connectometest.Fuzz(f, kitOf(f, "node-link")) }
func FuzzNPZ(f *testing.F)      { connectometest.Fuzz(f, kitOf(f, "npz")) }
