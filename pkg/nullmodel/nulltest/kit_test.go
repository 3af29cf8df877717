package nulltest_test

import (
	"testing"

	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/nullmodel/nulltest"
)

func TestModels(t *testing.T) {
	for _, m := range nullmodel.Models() {
		nulltest.Run(t, m)
	}
}
