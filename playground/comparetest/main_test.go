package comparetest

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

func TestMain(m *testing.M) { playtest.Main(m) }
