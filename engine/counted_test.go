package engine

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ofTheApplication is the health that an application comes to by one live object beside a Deployment that is well.
func ofTheApplication(t *testing.T, key app.Key, checks *health.Checks, want, live *unstructured.Unstructured) app.Health {
	t.Helper()
	front := deployment("front", 1, 1)
	x := &examination{app: app.Application{Metadata: app.Metadata{Namespace: key.Namespace, Name: key.Name}}, checks: checks}
	x.want.objects = []*unstructured.Unstructured{front}
	x.live.Objects = map[object.Ref]*unstructured.Unstructured{object.Of(front): front}
	x.diffs = []*diff.Diff{{Ref: object.Of(front), Verdict: diff.InSync}}
	if want != nil {
		x.want.objects = append(x.want.objects, want)
		x.diffs = append(x.diffs, &diff.Diff{Ref: object.Of(want), Verdict: diff.Differs})
	} else {
		x.diffs = append(x.diffs, new(diff.Extra(live)))
	}
	if live != nil {
		x.live.Objects[object.Of(live)] = live
	} else {
		x.diffs[1].Verdict, x.diffs[1].Reason = diff.NotCompared, "it may not be read"
	}
	x.want.index = indexOf(x.want.objects)
	x.judge(nil)
	x.tell(nil)
	return x.conclude().health
}

// annotated is an object with an annotation more.
func annotated(u *unstructured.Unstructured, annotation, value string) *unstructured.Unstructured {
	u = u.DeepCopy()
	a := u.GetAnnotations()
	a[annotation] = value
	u.SetAnnotations(a)
	return u
}

// argoApplication is an Application as an object of a cluster.
func argoApplication(namespace, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": map[string]any{"namespace": namespace, "name": name},
	}}
	object.SetMark(u, "web", "here")
	return u
}

// TestWhatCountsForTheHealthOfAnApplication has objects of which Argo CD says whether they do.
func TestWhatCountsForTheHealthOfAnApplication(t *testing.T) {
	t.Parallel()
	unwell := deployment("back", 2, 1)
	child, self := argoApplication("argocd", "child"), argoApplication("argocd", "web")
	argo := app.Key{Namespace: "argocd", Name: "web"}
	for name, c := range map[string]struct {
		key        app.Key
		check      string
		want, live *unstructured.Unstructured
		health     app.HealthCode
	}{
		"an object that is unwell counts":                        {want: unwell, live: unwell, health: app.Progressing},
		"one that says it does not, does not":                    {want: unwell, live: annotated(unwell, object.AnnotationIgnoreHealth, "true"), health: app.Healthy},
		"git alone cannot say so":                                {want: annotated(unwell, object.AnnotationIgnoreHealth, "true"), live: unwell, health: app.Progressing},
		"but of one that cannot be read":                         {want: annotated(unwell, object.AnnotationIgnoreHealth, "true"), health: app.Healthy},
		"one that cannot be read counts":                         {want: unwell, health: app.HealthUnknown},
		"one that was made as a hook does not":                   {want: unwell, live: annotated(unwell, object.AnnotationHook, "PreSync"), health: app.Healthy},
		"one that git has no more counts":                        {live: unwell, health: app.Progressing},
		"also when it is not to count as OutOfSync":              {live: annotated(unwell, object.AnnotationCompare, "IgnoreExtraneous"), health: app.Progressing},
		"a child application counts":                             {check: "Degraded", want: child, live: child, health: app.Degraded},
		"a child application of which nothing is known does not": {check: "Unknown", want: child, live: child, health: app.Healthy},
		"a child application that is missing does not":           {check: "Missing", want: child, live: child, health: app.Healthy},
		"a child application that cannot be read does not":       {want: child, health: app.Healthy},
		"its own Application does not":                           {key: argo, check: "Degraded", want: self, live: self, health: app.Healthy},
		"nor where its document has no namespace":                {key: app.Key{Name: "web"}, check: "Degraded", want: self, live: self, health: app.Healthy},
		"one of its name elsewhere does":                         {key: argo, check: "Degraded", want: argoApplication("other", "web"), live: argoApplication("other", "web"), health: app.Degraded},
		"another kind of its name does":                          {key: app.Key{Namespace: "web", Name: "back"}, want: unwell, live: unwell, health: app.Progressing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checks, err := health.ParseChecks([]byte("resource.customizations.health.argoproj.io_Application: return {status='" + c.check + "'}"))
			if err != nil {
				t.Fatal(err)
			}
			if got := ofTheApplication(t, c.key, checks, c.want, c.live); got.Status != c.health {
				t.Errorf("the application is %s (%s), want %s", got.Status, got.Message, c.health)
			}
		})
	}
}
