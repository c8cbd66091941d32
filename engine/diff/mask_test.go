package diff

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const canary = "hunter2-canary"

func secret(t *testing.T, value string) *unstructured.Unstructured {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(value))
	u := of(t, "{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: shop}, data: {password: "+encoded+", same: c2FtZQ==}}")
	u.SetAnnotations(map[string]string{lastApplied: `{"data":{"password":"` + encoded + `"}}`})
	return marked(u)
}

// leaks reports whether a text has the canary, plain or encoded.
func leaks(text string) bool {
	return strings.Contains(text, canary) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(canary))[:12])
}

func TestNoSecretIsInAnyOutput(t *testing.T) {
	t.Parallel()
	a, b := secret(t, canary+"-one"), secret(t, canary+"-two")
	stringData := with(b, func(u *unstructured.Unstructured) {
		delete(u.Object, "data")
		u.Object["stringData"] = map[string]any{"password": canary}
	})
	all := []Diff{
		Compare(t.Context(), Input{Desired: b, Live: a, Asked: true, Predicted: b, App: "shop", Installation: "here"}),
		Compare(t.Context(), Input{Desired: b, App: "shop", Installation: "here"}),
		Compare(t.Context(), Input{Desired: stringData, Live: a, Asked: true, Predicted: stringData, App: "shop", Installation: "here"}),
		Compare(t.Context(), Input{Desired: b, Live: a, Asked: true, Err: invalid("no"), App: "shop", Installation: "here"}),
		Compare(t.Context(), Input{Desired: b, Live: a, App: "else", Installation: "here"}),
		Extra(a),
	}
	all = append(all, ChangedSince([]*unstructured.Unstructured{a}, []*unstructured.Unstructured{b})...)
	all = append(all, ChangedSince([]*unstructured.Unstructured{a}, nil)...)
	for i, d := range all {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		before, after := YAML(d.Live), YAML(d.Predicted)
		out := string(text) + fmt.Sprintf("%+v", d.Changes) + before + after + Unified(before, after, "a", "b") + fmt.Sprint(Hunks(before, after, 3))
		if leaks(out) {
			t.Errorf("%d, %s, leaks:\n%s", i, d.Verdict, out)
		}
	}
	if out := YAML(MaskObject(a)); leaks(out) || !strings.Contains(out, object.AnnotationMasked) {
		t.Errorf("a printed Secret:\n%s", out)
	}
}

func TestAChangedSecretIsSeenToChange(t *testing.T) {
	t.Parallel()
	a, b := secret(t, "one"), secret(t, "two")
	d := Compare(t.Context(), Input{Desired: b, Live: a, Asked: true, Predicted: b, App: "shop", Installation: "here"})
	if d.Verdict != Differs {
		t.Fatalf("got %s", d.Verdict)
	}
	var data *Change
	for i := range d.Changes {
		if d.Changes[i].Path == ".data.password" {
			data = &d.Changes[i]
		}
	}
	if data == nil || data.Old == data.New {
		t.Errorf("the change of the password is %+v among %+v", data, d.Changes)
	}
	if before, after := YAML(d.Live), YAML(d.Predicted); before == after {
		t.Errorf("both sides read\n%s", before)
	}
	if d := ChangedSince([]*unstructured.Unstructured{a}, []*unstructured.Unstructured{b}); len(d) != 1 {
		t.Errorf("between two records nothing changed")
	}
}

// TestEqualTokensAreEqualValues has a difference show values twice, field by field and as two whole objects.
func TestEqualTokensAreEqualValues(t *testing.T) {
	t.Parallel()
	keys := func(data map[string]any) *unstructured.Unstructured {
		return marked(&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "key", "namespace": "shop"}, "data": data,
		}})
	}
	before := map[string]any{"a": "b25l", "gone": "dHdv", "kept": "dGhyZWU=", "z": "Zm91cg=="}
	after := map[string]any{"a": "Zm91cg==", "kept": "dGhyZWU=", "new": "b25l", "z": "Zml2ZQ=="}
	live, want := keys(before), keys(after)
	d := Compare(t.Context(), Input{Desired: want, Live: live, Asked: true, Predicted: want, App: "shop", Installation: "here"})
	values := map[any]any{}
	shown := func(token, value any) {
		t.Helper()
		for known, of := range values {
			if (known == token) != (of == value) {
				t.Errorf("%v stands for %v, and %v for %v", token, value, known, of)
			}
		}
		values[token] = value
	}
	for k, v := range before {
		shown(d.Live.Object["data"].(map[string]any)[k], v)
	}
	for k, v := range after {
		shown(d.Predicted.Object["data"].(map[string]any)[k], v)
	}
	for _, c := range d.Changes {
		key := strings.TrimPrefix(c.Path, ".data.")
		if c.HasOld {
			shown(c.Old, before[key])
		}
		if c.HasNew {
			shown(c.New, after[key])
		}
	}
	if len(values) != 5 {
		t.Errorf("five values are shown as %v", values)
	}
}

func TestLabelsOfASecretAreNoSecret(t *testing.T) {
	t.Parallel()
	a := secret(t, "one")
	b := with(a, func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"team": "red"}) })
	d := Compare(t.Context(), Input{Desired: b, Live: a, Asked: true, Predicted: b, App: "shop", Installation: "here"})
	if len(d.Changes) != 1 || !strings.Contains(fmt.Sprint(d.Changes[0].New), "red") {
		t.Errorf("got %+v", d.Changes)
	}
}

func TestWhatIsNoSecretIsPrintedWhole(t *testing.T) {
	t.Parallel()
	u := of(t, "{apiVersion: example.com/v1, kind: Secret, metadata: {name: x}, data: {a: plain}}")
	if got := YAML(MaskObject(u)); !strings.Contains(got, "plain") {
		t.Errorf("another group's Secret is masked:\n%s", got)
	}
	if MaskObject(nil) != nil {
		t.Error("nothing became something")
	}
}
