package connectome_test

import (
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

var parquetKit = connectometest.Kit{Format: "parquet", Lay: connectometest.Saved("parquet"), Holds: connectometest.All}

func FuzzParquet(f *testing.F) { connectometest.Fuzz(f, parquetKit) }
