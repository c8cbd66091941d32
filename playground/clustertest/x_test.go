package clustertest

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

func TestX(t *testing.T) { _ = kube.Options{}; _ = app.ErrNotFound; _ = hint.Of(nil) }
