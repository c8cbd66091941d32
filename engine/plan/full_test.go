package plan_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// fates says what becomes of each object of a plan, and why.
func fates(p plan.Plan) map[string]string {
	out := map[string]string{}
	for _, s := range p.Steps {
		out[s.Ref.String()] = s.Verb.String() + ": " + s.Reason
	}
	return out
}

func TestNamespacesStayWithWhatIsKeptInThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		live   *unstructured.Unstructured
		delete string
		prune  string
	}{
		"by an option of deletions": {
			live:   alive("PersistentVolumeClaim/other/data", "sync-options=Delete=false"),
			delete: "keep: kept: PersistentVolumeClaim/other/data is in it, kept by Delete=false", prune: "prune: not in git",
		},
		"by an option of prunes": {
			live:   alive("PersistentVolumeClaim/other/data", "sync-options=Prune=false"),
			delete: "prune: owned by the application", prune: "keep: not in git; kept: PersistentVolumeClaim/other/data is in it, kept by Prune=false",
		},
		"by Helm": {
			live:   alive("ConfigMap/other/a", "helm.sh/resource-policy=keep"),
			delete: "keep: kept: ConfigMap/other/a is in it, kept by helm.sh/resource-policy",
			prune:  "keep: not in git; kept: ConfigMap/other/a is in it, kept by helm.sh/resource-policy",
		},
		"but not in another": {
			live:   alive("ConfigMap/web/a", "helm.sh/resource-policy=keep"),
			delete: "prune: owned by the application", prune: "prune: not in git",
		},
		"nor what another object owns": {
			live:   ownedBy(alive("ConfigMap/other/a", "helm.sh/resource-policy=keep"), "elsewhere"),
			delete: "prune: owned by the application", prune: "prune: not in git",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := deletion(t, ending(alive("Namespace/other"), c.live))
			if d := cmp.Diff(c.delete, fates(p)["Namespace/other"]); d != "" {
				t.Errorf("a deletion (-want +got):\n%s", d)
			}
			if kept := fates(p)["Namespace/other"][:4] == "keep"; kept && len(p.Guards) != 0 {
				t.Errorf("a deletion asks about %v", guards(p))
			}
			p = situate().want(diff.InSync, thing("Deployment/web/a")).extra(alive("Namespace/other"), c.live).build(t)
			if d := cmp.Diff(c.prune, fates(p)["Namespace/other"]); d != "" {
				t.Errorf("a prune (-want +got):\n%s", d)
			}
		})
	}
}

func TestADefinitionStaysWithWhatIsKeptOfItsKind(t *testing.T) {
	t.Parallel()
	crd := alive("CustomResourceDefinition/widgets.example.com")
	if err := errors.Join(unstructured.SetNestedField(crd.Object, "example.com", "spec", "group"),
		unstructured.SetNestedField(crd.Object, "Widget", "spec", "names", "kind")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		want, live *unstructured.Unstructured
		says       string
	}{
		"one that is kept": {
			live: alive("Widget/other/a", "sync-options=Prune=false"),
			says: "keep: not in git; kept: Widget/other/a is of its kind, kept by Prune=false",
		},
		"one that git has": {want: thing("Widget/other/a"), says: "keep: not in git; kept: git has objects of its kind"},
		"not for one of another group": {
			live: alive("ConfigMap/other/a", "sync-options=Prune=false"), says: "prune: not in git",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.InSync, thing("Deployment/web/a")).extra(crd.DeepCopy())
			if c.want != nil {
				s.want(diff.InSync, c.want)
			}
			if c.live != nil {
				s.extra(c.live)
			}
			if d := cmp.Diff(c.says, fates(s.build(t))["CustomResourceDefinition/widgets.example.com"]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestANamespaceThatIsSelectedStaysWithWhatIsKeptInIt(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.InSync, thing("Deployment/web/a")).extra(alive("Namespace/other"), alive("ConfigMap/other/a", "sync-options=Prune=false"))
	s.in.Options.Resources = []object.Ref{{Kind: "Namespace", Name: "other"}}
	if got := only(t, s.build(t)); got.Verb != plan.Keep {
		t.Errorf("got %s %q", got.ID, got.Reason)
	}
}

func TestANamespaceThatIsBeingDeletedIsAwaited(t *testing.T) {
	t.Parallel()
	dying := alive("Namespace/other")
	dying.SetDeletionTimestamp(&metav1.Time{Time: metav1.Now().Time})
	p := deletion(t, ending(dying, alive("ConfigMap/other/a", "sync-options=Delete=false")))
	if got := fates(p)["Namespace/other"]; got != "prune: it is being deleted already, and its end is awaited" {
		t.Errorf("got %q", got)
	}
}
