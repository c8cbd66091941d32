package comparetest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const rowDeployment = `apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  paused: true
  selector: {matchLabels: {app: x}}
  template:
    metadata:
      labels: {app: x}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        ports: [{containerPort: 80}]
        env: [{name: MODE, value: fast}]
        resources: {limits: {cpu: "1", memory: 1Gi}}
`

const rowMap = "apiVersion: v1\nkind: ConfigMap\ndata: {colour: red, size: \"1\"}\n"

// rows are what is known of the API server's ways. Each is applied by us, then somebody else's turn comes, then git
// replaces some text.
var rows = map[string]struct {
	manifest string
	others   func(context.Context, *bench, *unstructured.Unstructured) error
	replace  []string
	// raw compares and applies without what the engine would put right first.
	raw     bool
	noForce bool
	verdict diff.Verdict
	how     diff.How
	// moves says that the apply moves the resourceVersion, and changes that it changes the body.
	moves, changes bool
	// says must be in the verdict's reason, and code is the server's where it refuses.
	says string
	code int32
}{
	"1000m for 1":                {manifest: rowDeployment, replace: []string{`cpu: "1"`, "cpu: 1000m"}, verdict: diff.InSync, how: diff.Server},
	"1024Mi for 1Gi":             {manifest: rowDeployment, replace: []string{"1Gi", "1024Mi"}, verdict: diff.InSync, how: diff.Server},
	"the number 1 for the text":  {manifest: rowDeployment, replace: []string{`cpu: "1"`, "cpu: 1"}, verdict: diff.InSync, how: diff.Server},
	"creationTimestamp null":     {manifest: rowDeployment, replace: []string{"kind: Deployment\n", "kind: Deployment\nmetadata: {creationTimestamp: null}\n"}, raw: true, verdict: diff.InSync, how: diff.Server},
	"replicas 3.0":               {manifest: rowDeployment, replace: []string{"replicas: 3", "replicas: 3.0"}, verdict: diff.InSync, how: diff.Proof},
	"a status":                   {manifest: rowDeployment, replace: []string{"kind: Deployment\n", "kind: Deployment\nstatus: {replicas: 9}\n"}, raw: true, verdict: diff.InSync, how: diff.Server},
	"empty annotations":          {manifest: rowDeployment, replace: []string{"      labels: {app: x}\n", "      labels: {app: x}\n      annotations: {}\n"}, verdict: diff.OwnershipOnly, how: diff.Server, moves: true},
	"a default that is written":  {manifest: rowDeployment, replace: []string{"{containerPort: 80}", "{containerPort: 80, protocol: TCP}"}, verdict: diff.OwnershipOnly, how: diff.Proof, moves: true},
	"zeros that are written":     {manifest: rowDeployment, replace: []string{"    spec:\n      containers:", "    spec:\n      hostNetwork: false\n      containers:", "        ports:", "        stdin: false\n        ports:", "  replicas: 3\n", "  replicas: 3\n  minReadySeconds: 0\n"}, verdict: diff.OwnershipOnly, how: diff.Server, moves: true},
	"an empty securityContext":   {manifest: rowDeployment, replace: []string{"        ports:", "        securityContext: {}\n        ports:"}, verdict: diff.Differs, how: diff.Server, moves: true, changes: true},
	"a field that no schema has": {manifest: rowDeployment, replace: []string{"replicas: 3", "replica: 3"}, verdict: diff.Refused, how: diff.Server, says: "field not declared in schema", code: 500},
	"two variables of one name":  {manifest: rowDeployment, replace: []string{"{name: MODE, value: fast}", "{name: MODE, value: fast}, {name: MODE, value: slow}"}, verdict: diff.Refused, how: diff.Server, says: "duplicate entries for key", code: 500},
	"another selector":           {manifest: rowDeployment, replace: []string{"{app: x}", "{app: z}"}, verdict: diff.Immutable, how: diff.Server, says: "field is immutable", code: 422},
	"another manager with the same value": {
		manifest: rowMap, others: applies("other", "colour: red", "colour: red"), verdict: diff.InSync, how: diff.Proof, noForce: true,
	},
	"a value that another manager has too": {
		manifest: rowMap, others: applies("other", "size: \"1\"", "new: x"), replace: []string{`size: "1"`, `size: "1", new: x`}, noForce: true,
		verdict: diff.OwnershipOnly, how: diff.Proof, moves: true,
	},
	"another manager with another value": {
		manifest: rowMap, others: patches("colleague", `{"data":{"colour":"blue"}}`), noForce: true,
		verdict: diff.Conflict, how: diff.Server, says: `conflict with "colleague" using v1: .data.colour`, code: 409,
	},
	"another manager with another value, by force": {
		manifest: rowMap, others: patches("colleague", `{"data":{"colour":"blue"}}`), verdict: diff.Differs, how: diff.Server, moves: true, changes: true,
	},
	"a key that an edit added": {
		manifest: rowMap, others: patches("kubectl-edit", `{"data":{"theirs":"1"}}`), verdict: diff.InSync, how: diff.Proof,
	},
	"a text that is dropped from a Secret": {
		manifest: "apiVersion: v1\nkind: Secret\nstringData: {a: one, b: two}\n", replace: []string{", b: two", ""},
		verdict: diff.Differs, how: diff.Server, moves: true, changes: true,
	},
	"a text that is dropped from a Secret as it was written": {
		manifest: "apiVersion: v1\nkind: Secret\nstringData: {a: one, b: two}\n", replace: []string{", b: two", ""}, raw: true,
		verdict: diff.OwnershipOnly, how: diff.Server, moves: true,
	},
}

func patches(manager, patch string) func(context.Context, *bench, *unstructured.Unstructured) error {
	return func(ctx context.Context, b *bench, u *unstructured.Unstructured) error {
		return b.patch(ctx, u, manager, patch)
	}
}

// applies has another manager apply the object with some text replaced.
func applies(manager, old, replacement string) func(context.Context, *bench, *unstructured.Unstructured) error {
	return func(ctx context.Context, b *bench, u *unstructured.Unstructured) error {
		return b.applyAs(ctx, b.place(read(strings.ReplaceAll(rowMap, old, replacement)), u.GetName()), manager)
	}
}

func TestTheServersWays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	number := 0
	for name, row := range rows {
		number++
		id := "row-" + string(rune('a'+number%26)) + string(rune('a'+number/26))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := func(text string) *unstructured.Unstructured {
				u := b.place(read(text), id)
				if row.raw {
					object.SetMark(u, owner, installation)
					return u
				}
				return wanted(u)
			}
			first := made(row.manifest)
			if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: first}); err != nil {
				t.Fatal(err)
			}
			if row.others != nil {
				if err := row.others(t.Context(), b, first); err != nil {
					t.Fatal(err)
				}
			}
			text := strings.NewReplacer(row.replace...).Replace(row.manifest)
			if len(row.replace) > 0 && text == row.manifest {
				t.Fatal("the row replaces nothing")
			}
			want := made(text)
			for {
				if !t.Failed() && b.tryRow(t, want, row.noForce, func(d diff.Diff, live, made *unstructured.Unstructured, refusal error) {
					if d.Verdict != row.verdict || d.How != row.how || !strings.Contains(d.Reason, row.says) {
						t.Errorf("it is %s by %s: %s", d.Verdict, d.How, d.Reason)
					}
					refused := row.verdict == diff.Refused || row.verdict == diff.Immutable || row.verdict == diff.Conflict
					if refused != (refusal != nil) {
						t.Fatalf("the apply says %v", refusal)
					}
					if refused {
						if code := codeOf(refusal); code != row.code {
							t.Errorf("the server answers with %d: %v", code, refusal)
						}
						return
					}
					if moved := live.GetResourceVersion() != made.GetResourceVersion(); moved != row.moves {
						t.Errorf("the object moved: %v", moved)
					}
					if changed := !reflect.DeepEqual(content(live), content(made)); changed != row.changes {
						t.Errorf("the body changed: %v", changed)
					}
				}) {
					return
				}
			}
		})
	}
}

// codeOf returns the code of the server's answer, 0 when an error is none.
func codeOf(err error) int32 {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return status.Status().Code
	}
	return 0
}

// tryRow compares and applies once. It returns false when somebody wrote the object in between.
func (b *bench) tryRow(
	t *testing.T, want *unstructured.Unstructured, noForce bool, judge func(diff.Diff, *unstructured.Unstructured, *unstructured.Unstructured, error),
) bool {
	t.Helper()
	live, err := b.live(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	d, newer, err := by(b.cluster, false, noForce, nil).Compare(t.Context(), want, live)
	if err != nil {
		t.Fatal(err)
	}
	if newer != nil {
		live = newer
	}
	sent := want.DeepCopy()
	sent.SetResourceVersion(live.GetResourceVersion())
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: sent, NoForce: noForce})
	if moved(err) {
		return false
	}
	judge(d, live, answer.Object, err)
	// What the engine puts right first is put right in files too.
	tryFiles(t, d, diff.Normalise(want), live)
	return true
}

// tryFiles compares the same objects as files: without a server the verdict is the same, but for what only a server refuses. What the
// merge does not take is not compared.
func tryFiles(t *testing.T, d diff.Diff, want, live *unstructured.Unstructured) {
	t.Helper()
	c := by(kube.Offline{}, false, false, nil)
	got, _, err := c.Compare(t.Context(), want, live)
	switch {
	case d.Verdict == diff.Refused || d.Verdict == diff.Immutable || d.Verdict == diff.Conflict:
		if err == nil && got.Verdict != diff.Differs && got.Verdict != diff.NotCompared {
			t.Errorf("what the server refuses is %s in files", got.Verdict)
		}
	case err != nil:
		t.Error(err)
	case got.Verdict != d.Verdict:
		t.Errorf("in files it is %s with %+v", got.Verdict, got.Changes)
	}
}

func TestAKeyOfKubectlStaysUntilItsFieldsAreTakenOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.place(read(rowMap), "kubectl")
	if err := b.create(t.Context(), u, "kubectl-client-side-apply"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: wanted(u)}); err != nil {
		t.Fatal(err)
	}
	want := wanted(b.place(read(strings.Replace(rowMap, `, size: "1"`, "", 1)), "kubectl"))
	verdict := func(takes []string) diff.Verdict {
		live, err := b.live(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := by(b.cluster, false, false, takes).Compare(t.Context(), want, live)
		if err != nil {
			t.Fatal(err)
		}
		return d.Verdict
	}
	if v := verdict(nil); v != diff.OwnershipOnly {
		t.Errorf("while kubectl owns the key it is %s", v)
	}
	if v := verdict(object.ClientSideManagers); v != diff.Differs {
		t.Errorf("when its fields are taken over it is %s", v)
	}
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, Takes: object.ClientSideManagers})
	if err != nil {
		t.Fatal(err)
	}
	if data, _, _ := unstructured.NestedStringMap(answer.Object.Object, "data"); len(data) != 1 {
		t.Errorf("the apply leaves %v", data)
	}
}

// TestAnApplyOfTheSameIsNotWatched applies an object twice as it is and then changes it: the first that a watch tells is the change.
func TestAnApplyOfTheSameIsNotWatched(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := wanted(b.place(read(rowMap), "same"))
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u})
	if err != nil {
		t.Fatal(err)
	}
	client, err := b.client(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	w, err := client.Watch(t.Context(), metav1.ListOptions{
		FieldSelector: "metadata.name=" + u.GetName(), ResourceVersion: answer.Object.GetResourceVersion(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	for range 2 {
		if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.patch(t.Context(), u, "colleague", `{"data":{"theirs":"1"}}`); err != nil {
		t.Fatal(err)
	}
	ev, open := <-w.ResultChan()
	if told, _ := ev.Object.(*unstructured.Unstructured); !open || told == nil || !reflect.DeepEqual(told.Object["data"],
		map[string]any{"colour": "red", "size": "1", "theirs": "1"}) {
		t.Errorf("the watch tells %s of %v first", ev.Type, ev.Object)
	}
}

func TestAStaleVersionIsAConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := wanted(b.place(read(rowMap), "stale"))
	answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.patch(t.Context(), u, "colleague", `{"data":{"theirs":"1"}}`); err != nil {
		t.Fatal(err)
	}
	u.SetResourceVersion(answer.Object.GetResourceVersion())
	if _, err = b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u}); !apierrors.IsConflict(err) || !moved(err) {
		t.Errorf("the apply of a stale version says %v", err)
	}
}
