package plan_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const installation = "store-1"

// apiVersions of the kinds that the tests use; others are custom resources.
var apiVersions = map[string]string{
	"Deployment": "apps/v1", "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1", "Job": "batch/v1", "Namespace": "v1",
	"ConfigMap": "v1", "Secret": "v1", "Service": "v1", "PersistentVolumeClaim": "v1", "PersistentVolume": "v1",
	"CustomResourceDefinition": "apiextensions.k8s.io/v1", "ClusterRole": "rbac.authorization.k8s.io/v1",
}

// thing makes an object of Kind/namespace/name or Kind/name with annotations written as key=value; keys without a domain
// are short forms of Argo CD's.
func thing(path string, annotations ...string) *unstructured.Unstructured {
	parts := strings.Split(path, "/")
	u := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{}}}
	u.SetKind(parts[0])
	u.SetAPIVersion("example.com/v1")
	if v, ok := apiVersions[parts[0]]; ok {
		u.SetAPIVersion(v)
	}
	u.SetName(parts[len(parts)-1])
	if len(parts) == 3 {
		u.SetNamespace(parts[1])
	}
	a := map[string]string{}
	for _, kv := range annotations {
		k, v, _ := strings.Cut(kv, "=")
		if !strings.Contains(k, "/") {
			k = "argocd.argoproj.io/" + k
		}
		a[k] = v
	}
	if len(a) > 0 {
		u.SetAnnotations(a)
	}
	return u
}

// alive is a thing with our mark and a UID, as the cluster has it.
func alive(path string, annotations ...string) *unstructured.Unstructured {
	u := thing(path, annotations...)
	object.SetMark(u, "shop", installation)
	u.SetUID(types.UID("uid-" + path))
	return u
}

// stateful is a live StatefulSet that makes this many claims for each of its Pods, and has them deleted with it or not.
func stateful(whenDeleted string, claims int) *unstructured.Unstructured {
	u := alive("StatefulSet/web/db")
	spec := map[string]any{}
	if whenDeleted != "" {
		spec["persistentVolumeClaimRetentionPolicy"] = map[string]any{"whenDeleted": whenDeleted, "whenScaled": "Retain"}
	}
	if claims > 0 {
		spec["volumeClaimTemplates"] = make([]any, claims)
	}
	u.Object["spec"] = spec
	return u
}

func shop() app.Application {
	a := app.Application{Metadata: app.Metadata{Name: "shop"}}
	a.Spec.Destination = app.Destination{Name: "prod", Namespace: "web"}
	return a
}

// situation collects an Input.
type situation struct{ in plan.Input }

func situate() *situation {
	return &situation{in: plan.Input{
		App: shop(), Kind: app.KindSync, Installation: installation, Live: map[object.Ref]*unstructured.Unstructured{},
	}}
}

func (s *situation) options(o ...string) *situation {
	s.in.App.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: o}
	return s
}

// want adds desired objects with a verdict.
func (s *situation) want(v diff.Verdict, objects ...*unstructured.Unstructured) *situation {
	for _, u := range objects {
		ref := object.Of(u)
		s.in.Objects = append(s.in.Objects, plan.Object{Desired: u, Diff: diff.Diff{Ref: ref, Verdict: v}})
		if v != diff.Create && v != diff.MissingKind && !plan.IsHook(u) {
			live := u.DeepCopy()
			object.SetMark(live, "shop", installation)
			live.SetUID(types.UID("uid-" + ref.String()))
			s.in.Live[ref] = live
		}
	}
	return s
}

// extra adds live objects that git has no more, and turns prune on.
func (s *situation) extra(objects ...*unstructured.Unstructured) *situation {
	s.in.Options.Prune = true
	for _, u := range objects {
		s.in.Live[object.Of(u)] = u
		s.in.Objects = append(s.in.Objects, plan.Object{Diff: diff.Extra(u)})
	}
	return s
}

func (s *situation) build(t *testing.T) plan.Plan {
	t.Helper()
	p, err := plan.Build(s.in)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return p
}

// only returns the one step of a plan.
func only(t *testing.T, p plan.Plan) plan.Step {
	t.Helper()
	if len(p.Steps) != 1 {
		t.Fatalf("got steps %v, want one", ids(p))
	}
	return p.Steps[0]
}

func ids(p plan.Plan) []string {
	out := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = s.ID
	}
	return out
}

func guards(p plan.Plan) []string {
	var out []string
	for _, g := range p.Guards {
		out = append(out, g.Name)
	}
	return out
}
