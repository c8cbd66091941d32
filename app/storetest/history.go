package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func (p Place) record(name string) app.Record {
	start := time.Unix(1_700_000_000, 0).UTC()
	return app.Record{
		Kind: app.KindSync, App: p.key(name), StartedAt: start, FinishedAt: start.Add(time.Second),
		Phase: app.OperationSucceeded, By: app.Initiator{Username: "ada"}, Commits: []app.Commit{{ID: "abc"}},
	}
}

func configMap(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name}, "data": map[string]any{"k": "v"},
		"number": int64(7),
	}}
}

func (p Place) appended(t *testing.T, h History, name string, objects ...*unstructured.Unstructured) app.Record {
	t.Helper()
	r, err := h.Append(t.Context(), p.record(name), objects)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return r
}

func ids(t *testing.T, h History, key app.Key) []string {
	t.Helper()
	rs, err := h.Records(t.Context(), key)
	if err != nil {
		t.Fatalf("records: %v", err)
	}
	var out []string
	for _, r := range rs {
		out = append(out, r.ID)
	}
	return out
}

func records(t *testing.T, p Place) {
	h := p.created(t, "web", "api").History
	if got := ids(t, h, p.key("web")); got != nil {
		t.Errorf("records before the first: %v", got)
	}
	first := p.appended(t, h, "web", configMap("a"))
	p.appended(t, h, "web")
	p.appended(t, h, "api")
	got, err := p.Open(t).History.Records(t.Context(), p.key("web"))
	if err != nil {
		t.Fatal(err)
	}
	want := []app.Record{p.record("web"), p.record("web")}
	want[0].ID, want[1].ID, want[1].Manifests, want[1].ManifestsHash = "r2", "r1", true, first.ManifestsHash
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1], first); diff != "" {
		t.Errorf("append returned:\n%s", diff)
	}
}

func manifests(t *testing.T, p Place) {
	const canary = "canary-value"
	h := p.created(t, "web").History
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"},
		"data": map[string]any{"k": canary}, "stringData": map[string]any{"k": canary},
	}}
	r := p.appended(t, h, "web", configMap("a"), secret)
	got, err := p.Open(t).History.Manifests(t.Context(), p.key("web"), r.ID)
	if err != nil || len(got) != 2 {
		t.Fatalf("manifests: %d, %v", len(got), err)
	}
	if diff := cmp.Diff(configMap("a").Object, got[0].Object); diff != "" {
		t.Errorf("an ordinary object changed:\n%s", diff)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), canary) || got[1].GetAnnotations()[object.AnnotationMasked] != "true" {
		t.Errorf("the secret came back as %v", got[1].Object)
	}
	for _, id := range []string{"r2", "", "r0", "r01", "../web/r1"} {
		if _, err := h.Manifests(t.Context(), p.key("web"), id); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("manifests of %q gave %v", id, err)
		}
	}
}

func depth(t *testing.T, p Place) {
	h := p.created(t, "web").History
	for i := range 203 {
		p.appended(t, h, "web", configMap(fmt.Sprint(i)))
	}
	rs, err := h.Records(t.Context(), p.key("web"))
	if err != nil || len(rs) != 200 || rs[0].ID != "r203" || rs[199].ID != "r4" {
		t.Fatalf("%d records, %v", len(rs), err)
	}
	for i, r := range rs {
		if r.Manifests != (i < 20) {
			t.Errorf("record %s says manifests: %v", r.ID, r.Manifests)
		}
	}
	if _, err := h.Manifests(t.Context(), p.key("web"), "r184"); err != nil {
		t.Errorf("the oldest manifests: %v", err)
	}
	if _, err := h.Manifests(t.Context(), p.key("web"), "r183"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("manifests that are gone gave %v", err)
	}
}

// sameManifests heals an application over and over: that must not push its other states out of the history.
func sameManifests(t *testing.T, p Place) {
	h := p.created(t, "web").History
	before := p.appended(t, h, "web", configMap("before"))
	for range 40 {
		p.appended(t, h, "web", configMap("after"))
	}
	rs, err := h.Records(t.Context(), p.key("web"))
	if err != nil || len(rs) != 41 {
		t.Fatalf("%d records, %v", len(rs), err)
	}
	for _, r := range rs[:40] {
		if !r.Manifests || r.ManifestsHash != rs[0].ManifestsHash || r.ManifestsHash == before.ManifestsHash {
			t.Errorf("record %s has manifests %v with the hash %q", r.ID, r.Manifests, r.ManifestsHash)
		}
	}
	got, err := h.Manifests(t.Context(), p.key("web"), before.ID)
	if err != nil || len(got) != 1 || got[0].GetName() != "before" {
		t.Errorf("the first state is %v, %v", got, err)
	}
}

func recordRace(t *testing.T, p Place) {
	p.created(t, "web")
	var wg sync.WaitGroup
	for range 4 {
		h := p.Open(t).History
		wg.Go(func() {
			for range 5 {
				if _, err := h.Append(t.Context(), p.record("web"), nil); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := ids(t, p.Open(t).History, p.key("web")); len(got) != 20 || got[0] != "r20" {
		t.Errorf("the records are %v", got)
	}
}
