package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func halts(t *testing.T, p Place) {
	h := p.Open(t).Halts
	expect := func(want ...app.Halt) {
		t.Helper()
		got, err := p.Open(t).Halts.Halts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	}
	expect()
	prod := app.Halt{Cluster: "prod", Identity: "uid-of-prod", Reason: "4 of 9 drifted", Since: time.Unix(1, 0).UTC()}
	edge := app.Halt{Cluster: "edge", Reason: "5 of 9 drifted", Since: time.Unix(2, 0).UTC()}
	again := app.Halt{Cluster: "prod", Reason: "another reason", Since: time.Unix(3, 0).UTC()}
	for _, x := range []app.Halt{prod, edge, again} {
		if err := h.Halt(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	expect(edge, prod)
	if err := h.Unhalt(t.Context(), "prod"); err != nil {
		t.Fatal(err)
	}
	expect(edge)
	if err := h.Unhalt(t.Context(), "prod"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("a cluster that is not paused was let go on: %v", err)
	}
}
