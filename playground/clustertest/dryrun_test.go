package clustertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// field returns what is at a path of an object.
func field(t *testing.T, u *unstructured.Unstructured, path ...string) any {
	t.Helper()
	v, _, err := unstructured.NestedFieldNoCopy(u.Object, path...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDryRunOfANewObject(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: b.object(deployment), DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"spec.replicas":                        int64(2),
		"spec.revisionHistoryLimit":            int64(10),
		"spec.strategy.type":                   "RollingUpdate",
		"spec.template.spec.restartPolicy":     "Always",
		"spec.template.spec.dnsPolicy":         "ClusterFirst",
		"spec.template.metadata.labels.app":    "front",
		"spec.progressDeadlineSeconds":         int64(600),
		"metadata.namespace":                   b.namespace,
		"spec.template.spec.schedulerName":     "default-scheduler",
		"spec.strategy.rollingUpdate.maxSurge": "25%",
	} {
		if got := field(t, answer.Object, strings.Split(path, ".")...); got != want {
			t.Errorf("%s is %v in the answer, want %v", path, got, want)
		}
	}
	if len(answer.Warnings) != 0 {
		t.Errorf("it warns: %q", answer.Warnings)
	}
	if _, err := b.cluster.Read(t.Context(), object.Of(answer.Object)); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("the dry run wrote the object: %v", err)
	}
}

func TestDryRunOfAnObjectThatIsThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	live := b.apply(b.configMap("settings", "colour=red", "size=1"))
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: b.configMap("settings", "colour=blue"), DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"colour": "blue"}, answer.Object.Object["data"]); d != "" {
		t.Errorf("the data in the answer (-want +got):\n%s", d)
	}
	if answer.Object.GetUID() != live.GetUID() || answer.Object.GetResourceVersion() != live.GetResourceVersion() {
		t.Error("the answer is not about the live object")
	}
	read, err := b.cluster.Read(t.Context(), object.Of(live))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(live.Object, read.Object); d != "" {
		t.Errorf("the dry run changed the object (-before +after):\n%s", d)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	b := newBench(t, map[string]string{"pod-security.kubernetes.io/warn": "restricted"})
	for name, dry := range map[string]bool{"a dry run": true, "an apply": false} {
		t.Run(name+" has the server's warnings of its own request", func(t *testing.T) {
			t.Parallel()
			u := b.object(deployment)
			u.SetName("front-" + map[bool]string{true: "dry", false: "real"}[dry])
			answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u, DryRun: dry})
			if err != nil {
				t.Fatal(err)
			}
			if len(answer.Warnings) != 1 || !strings.Contains(answer.Warnings[0], "would violate PodSecurity") {
				t.Errorf("the warnings are %q", answer.Warnings)
			}
			answer, err = b.cluster.Apply(t.Context(), object.ApplyRequest{Object: b.configMap("settings"), DryRun: dry})
			if err != nil || len(answer.Warnings) != 0 {
				t.Errorf("a ConfigMap has the warnings %q (%v)", answer.Warnings, err)
			}
		})
	}
}

func TestStrictFields(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		edit func(*unstructured.Unstructured)
		says string
	}{
		"a misspelt field":          {func(u *unstructured.Unstructured) { u.Object["spec"].(map[string]any)["replica"] = int64(3) }, "replica"},
		"a field beside the spec":   {func(u *unstructured.Unstructured) { u.Object["speck"] = map[string]any{} }, "speck"},
		"a number that is a text":   {func(u *unstructured.Unstructured) { u.Object["spec"].(map[string]any)["replicas"] = "three" }, "replicas"},
		"a value that is not valid": {func(u *unstructured.Unstructured) { u.Object["spec"].(map[string]any)["replicas"] = int64(-1) }, "spec.replicas"},
	} {
		for _, dry := range []bool{true, false} {
			t.Run(name+" is refused, "+map[bool]string{true: "dry", false: "for real"}[dry], func(t *testing.T) {
				t.Parallel()
				u := b.object(deployment)
				c.edit(u)
				_, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u, DryRun: dry})
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Fatalf("the error is %v; it must name %s", err, c.says)
				}
				if _, ok := errors.AsType[*apierrors.StatusError](err); !ok {
					t.Errorf("the server's status of %v is lost", err)
				}
				if _, err := b.cluster.Read(t.Context(), object.Of(u)); !errors.Is(err, app.ErrNotFound) {
					t.Errorf("the object was written: %v", err)
				}
			})
		}
	}
}
