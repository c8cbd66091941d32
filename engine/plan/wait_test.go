package plan_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ill gives Deployments a health, which is bad for those of these names.
func ill(names ...string) func(*unstructured.Unstructured) (bool, string) {
	return func(u *unstructured.Unstructured) (bool, string) {
		for _, name := range names {
			if u.GetName() == name {
				return true, "it crashes"
			}
		}
		return u.GetKind() == "Deployment", ""
	}
}

// TestWhatIsUnchangedHoldsLaterWavesBack names the declared objects that the steps of a plan wait for.
func TestWhatIsUnchangedHoldsLaterWavesBack(t *testing.T) {
	t.Parallel()
	first, second := thing("Deployment/web/a", "sync-wave=1"), thing("Deployment/web/b", "sync-wave=2")
	for name, c := range map[string]struct {
		s *situation
		// waits are the names of the objects, and note is what the plan says.
		waits, note string
	}{
		"a later wave waits for it": {
			s: situate().want(diff.InSync, first).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=2")), waits: "a",
			note: "wave 2 waits for Deployment/web/a (wave 1): it crashes",
		},
		"a later phase waits for it": {
			s: situate().want(diff.InSync, first).want(diff.Create, thing("Job/web/after", "hook=PostSync")), waits: "a",
			note: "PostSync waits for Deployment/web/a (wave 1): it crashes",
		},
		"a wave with nothing to write comes after it": {
			s: situate().want(diff.InSync, first, second), waits: "a", note: "the end of the sync waits for Deployment/web/a (wave 1): it crashes",
		},
		"its own wave and earlier ones do not": {
			s: situate().want(diff.InSync, first).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=1"), thing("ConfigMap/web/d"), thing("Job/web/pre", "hook=PreSync")),
		},
		"a hook for failure does not": {
			s: situate().want(diff.InSync, first).want(diff.Create, thing("Job/web/alarm", "hook=SyncFail")),
		},
		"one that is well is waited for without a word": {
			s: situate().want(diff.InSync, thing("Deployment/web/z")).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=1")), waits: "z",
		},
		"one without health is not": {
			s: situate().want(diff.InSync, thing("ConfigMap/web/z")).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=1")),
		},
		"one whose ownership is left alone is": {
			s: situate().options("ApplyOutOfSyncOnly=true").want(diff.OwnershipOnly, first).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=2")), waits: "a",
			note: "wave 2 waits for Deployment/web/a (wave 1): it crashes",
		},
		"one of another application that git declares is": {
			s: situate().want(diff.Foreign, first).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=2")), waits: "a",
			note: "wave 2 waits for Deployment/web/a (wave 1): it crashes",
		},
		"one that is written is a step": {
			s: situate().want(diff.Differs, first).want(diff.Create, thing("ConfigMap/web/c", "sync-wave=2")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.s.in.Holds = ill("a", "b")
			p := c.s.build(t)
			var names []string
			for _, w := range p.Waits {
				names = append(names, w.Ref.Name)
			}
			if got := strings.Join(names, " "); got != c.waits {
				t.Errorf("it waits for %q, want %q", got, c.waits)
			}
			if got := strings.Join(p.Notes, "\n"); got != c.note {
				t.Errorf("the notes are %q, want %q", got, c.note)
			}
		})
	}
}

// TestASelectionWaitsForWhatIsSelected leaves the others out, as Argo CD does.
func TestASelectionWaitsForWhatIsSelected(t *testing.T) {
	t.Parallel()
	for selected, want := range map[string]int{"a": 1, "b": 0} {
		s := situate().want(diff.InSync, thing("Deployment/web/a", "sync-wave=1")).
			want(diff.Create, thing("Deployment/web/b", "sync-wave=2"), thing("Deployment/web/c", "sync-wave=2"))
		s.in.Holds = ill("a")
		s.in.Options.Resources = []object.Ref{
			{Group: "apps", Kind: "Deployment", Namespace: "web", Name: selected}, {Group: "apps", Kind: "Deployment", Namespace: "web", Name: "c"},
		}
		if p := s.build(t); len(p.Waits) != want {
			t.Errorf("with %s selected it waits for %v", selected, p.Waits)
		}
	}
}

// TestManyAreNotAllNamed bounds what a plan says.
func TestManyAreNotAllNamed(t *testing.T) {
	t.Parallel()
	var objects []*unstructured.Unstructured
	var names []string
	for _, c := range "abcdefghijkl" {
		objects, names = append(objects, thing("Deployment/web/"+string(c))), append(names, string(c))
	}
	s := situate().want(diff.InSync, objects...).want(diff.Create, thing("ConfigMap/web/later", "sync-wave=1"))
	s.in.Holds = ill(names...)
	p := s.build(t)
	if len(p.Waits) != 12 || len(p.Notes) != 9 || p.Notes[8] != "and for 4 more objects" {
		t.Errorf("it waits for %d objects and says %q", len(p.Waits), p.Notes)
	}
}

// TestTheLastWaveIsWhatGitDeclaresLast tells which groups something comes after.
func TestTheLastWaveIsWhatGitDeclaresLast(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.Create, thing("ConfigMap/web/a"), thing("ConfigMap/web/b", "sync-wave=1"), thing("Job/web/alarm", "hook=SyncFail")).
		want(diff.InSync, thing("ConfigMap/web/c", "sync-wave=2")).build(t)
	for wave, goes := range map[int]bool{0: true, 1: true, 2: false} {
		if got := p.Goes(plan.Group{Wave: wave}); got != goes {
			t.Errorf("something comes after wave %d: %v", wave, got)
		}
	}
	if p := situate().want(diff.Create, thing("ConfigMap/web/a")).build(t); p.Goes(plan.Group{}) {
		t.Error("something comes after the only wave")
	}
}
