package kube

import (
	"net/http"
	"sync/atomic"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func TestReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		ok   func(error) bool
	}{
		"one that is ready":                   {http.StatusOK, func(err error) bool { return err == nil }},
		"one that does not know the question": {http.StatusNotFound, func(err error) bool { return err == nil }},
		"one that has just begun":             {http.StatusForbidden, apierrors.IsForbidden},
		"one that is not ready":               {http.StatusInternalServerError, apierrors.IsInternalError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			k := servedHere(t, func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1); r.URL.Path != "/readyz" {
					t.Errorf("%s was asked for", r.URL)
				}
				w.WriteHeader(c.code)
			})
			if err := k.Ready(t.Context()); !c.ok(err) || asked.Load() != 1 {
				t.Errorf("asked %d times, it says %v", asked.Load(), err)
			}
		})
	}
}
