package diff

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestNoRuleIgnoresWhoseAnObjectIs has a rule mean all annotations, or the mark: an object of nobody differs all the same, and one that is
// adopted gets the mark although the rest of its annotations stay.
func TestNoRuleIgnoresWhoseAnObjectIs(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	nobodys := of(t, web)
	nobodys.SetAnnotations(map[string]string{"note": "by hand"})
	others := of(t, web)
	object.SetMark(others, "other", "there")
	for _, pointer := range []string{"/metadata/annotations", "/metadata/annotations/argocd.argoproj.io~1tracking-id"} {
		rules, err := NewRules([]app.IgnoreDifference{{Group: "apps", Kind: "Deployment", JSONPointers: []string{pointer}}})
		if err != nil {
			t.Fatal(err)
		}
		for name, live := range map[string]*unstructured.Unstructured{"nobody": nobodys, "another": others} {
			kept := rules.Keep(t.Context(), desired, live, nil)
			if !object.Owned(kept, "shop", "here") {
				t.Errorf("%s ignored: what is applied to an object of %s has the annotations %v", pointer, name, kept.GetAnnotations())
			}
		}
		in := Input{Desired: desired, Live: nobodys, Asked: true, Predicted: rules.Keep(t.Context(), desired, nobodys, nil), Rules: rules, App: "shop", Installation: "here"}
		if got := Compare(t.Context(), in); got.Verdict != Differs {
			t.Errorf("%s ignored: an object of nobody is %s", pointer, got.Verdict)
		}
		in.Live = in.Predicted
		if got := Compare(t.Context(), in); got.Verdict != InSync {
			t.Errorf("%s ignored: an object of ours is %s with %+v", pointer, got.Verdict, got.Changes)
		}
	}
}
