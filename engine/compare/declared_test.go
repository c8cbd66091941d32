package compare_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// scaler is a HorizontalPodAutoscaler of a resourceVersion, in the version that git has or in the one that the server prefers.
func scaler(version, apiVersion string, target int64) *unstructured.Unstructured {
	spec := map[string]any{"targetCPUUtilizationPercentage": target}
	if apiVersion == "autoscaling/v2" {
		spec = map[string]any{"metrics": []any{map[string]any{"type": "Resource", "resource": map[string]any{"target": target}}}}
	}
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": "HorizontalPodAutoscaler", "spec": spec, "metadata": map[string]any{"name": "front", "namespace": "shop"},
	}}
	u.SetResourceVersion(version)
	return u
}

// TestLiveInAnotherVersion compares objects that the cluster tells of in another version than git has them in.
func TestLiveInAnotherVersion(t *testing.T) {
	t.Parallel()
	const git = "autoscaling/v1"
	failing := apierrors.NewInternalError(errors.New("conversion webhook failed"))
	for name, c := range map[string]struct {
		target  int64
		read    *unstructured.Unstructured
		readErr error
		// answered is the version of the object that the server's prediction starts from.
		answered string
		verdict  diff.Verdict
		changed  []string
		reads    int
	}{
		"nothing differs":              {50, scaler("1", git, 50), nil, "1", diff.InSync, nil, 1},
		"a field differs":              {50, scaler("1", git, 80), nil, "1", diff.Differs, []string{".spec.targetCPUUtilizationPercentage"}, 1},
		"it moved meanwhile":           {50, scaler("2", git, 50), nil, "2", diff.InSync, nil, 1},
		"it is gone meanwhile":         {50, nil, app.ErrNotFound, "", diff.Create, nil, 1},
		"the server cannot convert it": {50, nil, failing, "1", diff.NotCompared, nil, 1},
		"the server has no such kind":  {50, nil, object.ErrNoKind, "1", diff.Differs, []string{".apiVersion", ".spec.metrics", ".spec.targetCPUUtilizationPercentage"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{newest: c.read, readErr: c.readErr, answer: scaler(c.answered, git, c.target), proof: object.Unchanged}
			server.epoch.MutatorsUnknown = "unknown"
			by := comparer(server, compare.NewMemo(), noon)
			d, newest, err := by.Compare(t.Context(), scaler("", git, c.target), scaler("1", "autoscaling/v2", 50))
			if err != nil {
				t.Fatal(err)
			}
			var changed []string
			for _, change := range d.Changes {
				changed = append(changed, change.Path)
			}
			if d.Verdict != c.verdict || server.read != c.reads || !cmp.Equal(c.changed, changed) {
				t.Errorf("it is %s in %v because %q after %d reads, want %s in %v after %d", d.Verdict, changed, d.Reason, server.read, c.verdict, c.changed, c.reads)
			}
			if moved := c.read != nil && c.read.GetResourceVersion() != "1"; moved != (newest != nil) {
				t.Errorf("the newest object is %v", newest)
			}
		})
	}
}

// TestAnotherVersionAtRest has the status of such an object move: nothing is read of it, nobody is asked, and who asks for the converted
// object gets the one of before until it moves.
func TestAnotherVersionAtRest(t *testing.T) {
	t.Parallel()
	const git, told = "autoscaling/v1", "autoscaling/v2"
	server, memo, want := &cluster{newest: scaler("1", git, 50), answer: scaler("1", git, 50)}, compare.NewMemo(), scaler("", git, 50)
	if d, asked := verdict(t, comparer(server, memo, noon), server, want, scaler("1", told, 50)); d.Verdict != diff.InSync || asked != 1 {
		t.Fatalf("at first it is %s after %d questions", d.Verdict, asked)
	}
	by := comparer(server, memo, noon.Add(time.Minute))
	for range 2 {
		if _, err := by.Declared(t.Context(), want, scaler("1", told, 50)); err != nil {
			t.Fatal(err)
		}
	}
	moved := scaler("2", told, 50)
	moved.Object["status"] = map[string]any{"currentReplicas": int64(2)}
	if d, asked := verdict(t, by, server, want, moved); d.Verdict != diff.InSync || asked != 0 || server.read != 1 {
		t.Errorf("when its status has moved it is %s after %d questions and %d reads", d.Verdict, asked, server.read)
	}
	server.newest = scaler("2", git, 50)
	for range 2 {
		if u, err := by.Declared(t.Context(), want, moved); err != nil || u.GetResourceVersion() != "2" || server.read != 2 {
			t.Errorf("the moved object is %v (%v) after %d reads", u, err, server.read)
		}
	}
}

// TestAnotherVersionWithoutRights has nobody answer what an apply comes to: the merge is given the object in the version of git.
func TestAnotherVersionWithoutRights(t *testing.T) {
	t.Parallel()
	server := &cluster{newest: scaler("1", "autoscaling/v1", 80), refusal: object.ErrUnasked}
	d, _ := verdict(t, comparer(server, nil, noon), server, scaler("", "autoscaling/v1", 50), scaler("1", "autoscaling/v2", 80))
	if d.Verdict != diff.Differs || len(d.Changes) != 1 || d.Changes[0].Path != ".spec.targetCPUUtilizationPercentage" || server.predicted != 1 {
		t.Errorf("it is %s in %+v", d.Verdict, d.Changes)
	}
}
