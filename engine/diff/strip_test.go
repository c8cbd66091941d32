package diff

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestWhatAManagerOwnsIsRemoved has sets as API servers write them.
func TestWhatAManagerOwnsIsRemoved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value, fields, want string
	}{
		"a field":                        {`{a: 1, b: 2}`, `{"f:a":{}}`, `{b: 2}`},
		"one that is not there":          {`{b: 2}`, `{"f:a":{},"f:c":{"f:d":{}}}`, `{b: 2}`},
		"a whole list":                   {`{a: [x, y]}`, `{"f:a":{}}`, `{}`},
		"an element of a set":            {`{a: [x, y]}`, `{"f:a":{"v:\"x\"":{}}}`, `{a: [y]}`},
		"a number of a set":              {`{a: [8080, 1000000]}`, `{"f:a":{"v:1000000":{}}}`, `{a: [8080]}`},
		"all elements of a set":          {`{a: [x]}`, `{"f:a":{"v:\"x\"":{}}}`, `{a: []}`},
		"a set that the manager made":    {`{a: [x]}`, `{"f:a":{".":{},"v:\"x\"":{}}}`, `{}`},
		"not what others put into it":    {`{a: [x, y]}`, `{"f:a":{".":{},"v:\"x\"":{}}}`, `{a: [y]}`},
		"a map that the manager made":    {`{a: {b: 1}}`, `{"f:a":{".":{},"f:b":{}}}`, `{}`},
		"an empty map that it made":      {`{a: {}}`, `{"f:a":{".":{}}}`, `{}`},
		"not a map for its own sake":     {`{a: {b: 1}}`, `{"f:a":{".":{}}}`, `{a: {b: 1}}`},
		"a field of an element":          {`{a: [{name: web, image: x}]}`, `{"f:a":{"k:{\"name\":\"web\"}":{"f:image":{}}}}`, `{a: [{name: web}]}`},
		"an element that it put in":      {`{a: [{name: web, image: x}, {name: log}]}`, `{"f:a":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:name":{}}}}`, `{a: [{name: log}]}`},
		"not the key of one that stays":  {`{a: [{name: web, image: x}]}`, `{"f:a":{"k:{\"name\":\"web\"}":{".":{},"f:name":{}}}}`, `{a: [{name: web, image: x}]}`},
		"an element with several keys":   {`{a: [{port: 80, protocol: TCP}, {port: 80, protocol: UDP}]}`, `{"f:a":{"k:{\"port\":80,\"protocol\":\"UDP\"}":{".":{},"f:port":{},"f:protocol":{}}}}`, `{a: [{port: 80, protocol: TCP}]}`},
		"nothing by a key that is wrong": {`{a: [x, {name: web}]}`, `{"f:a":{"v:{":{},"k:1":{},"i:0":{}}}`, `{a: [x, {name: web}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fields map[string]any
			if err := json.Unmarshal([]byte(c.fields), &fields); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(yamlOf(t, c.want), removeOwned(yamlOf(t, c.value), fields)); d != "" {
				t.Errorf("what is left (-want +got):\n%s", d)
			}
		})
	}
}

func TestFinalizersOfAnIgnoredManager(t *testing.T) {
	t.Parallel()
	desired := marked(of(t, web))
	live := desired.DeepCopy()
	live.SetFinalizers([]string{"example.com/cleaner"})
	live.SetManagedFields([]metav1.ManagedFieldsEntry{{
		Manager: "cleaner", Operation: "Update",
		FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:finalizers":{".":{},"v:\"example.com/cleaner\"":{}}}}`),
	}})
	for manager, want := range map[string]Verdict{"cleaner": InSync, "other": Differs} {
		rules, err := NewRules([]app.IgnoreDifference{{Group: "apps", Kind: "Deployment", ManagedFieldsManagers: []string{manager}}})
		if err != nil {
			t.Fatal(err)
		}
		got := Compare(t.Context(), Input{Desired: desired, Live: live, Asked: true, Predicted: desired, Rules: rules, App: "shop", Installation: "here"})
		if got.Verdict != want {
			t.Errorf("%s is ignored: it is %s with %+v, want %s", manager, got.Verdict, got.Changes, want)
		}
	}
}
