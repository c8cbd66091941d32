package diff_test

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

func TestBrief(t *testing.T) {
	t.Parallel()
	long := `{"labels":{"app":"` + strings.Repeat("é", 40) + `"},"Spec":{"Volumes":null,"Containers":[{"Name":"c"}]}}`
	cut := `{"labels":{"app":"` + strings.Repeat("é", 21) + "…"
	for name, c := range map[string]struct{ says, want string }{
		"nothing":             {},
		"words without value": {says: `admission webhook "a" denied the request: not today`, want: `admission webhook "a" denied the request: not today`},
		"a short value stays": {says: "spec.replicas: Invalid value: -1: must be greater than or equal to 0", want: "spec.replicas: Invalid value: -1: must be greater than or equal to 0"},
		"a long one does not": {says: "spec.template: Invalid value: " + long + ": field is immutable", want: "spec.template: Invalid value: " + cut + ": field is immutable"},
		"each of several": {
			says: "[spec.template: Invalid value: " + long + ": no, spec.selector: Invalid value: null: never, spec.x: Invalid value: " + long + ": nor this]",
			want: "[spec.template: Invalid value: " + cut + ": no, spec.selector: Invalid value: null: never, spec.x: Invalid value: " + cut + ": nor this]",
		},
		"what is no JSON stays": {says: "spec: Invalid value: " + long[:80] + ": no", want: "spec: Invalid value: " + long[:80] + ": no"},
		"a mark at the end":     {says: "spec: Invalid value: ", want: "spec: Invalid value: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := diff.Brief(c.says); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
