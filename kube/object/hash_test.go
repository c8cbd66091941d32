package object_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// hash reads a JSON text and hashes what it holds.
func hash(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	h, err := object.Hash(v)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHash(t *testing.T) {
	t.Parallel()
	const content = `{"kind":"ConfigMap","data":{"a":"1","b":"2"},"list":["x","y"]}`
	for name, c := range map[string]struct {
		text string
		same bool
	}{
		"the order of keys does not count":       {`{"list":["x","y"],"data":{"b":"2","a":"1"},"kind":"ConfigMap"}`, true},
		"white space does not count":             {`{ "kind": "ConfigMap", "data": {"a":"1","b":"2"}, "list": ["x", "y"] }`, true},
		"the order of elements counts":           {`{"kind":"ConfigMap","data":{"a":"1","b":"2"},"list":["y","x"]}`, false},
		"a value counts":                         {`{"kind":"ConfigMap","data":{"a":"1","b":"3"},"list":["x","y"]}`, false},
		"a number is not its text":               {`{"kind":"ConfigMap","data":{"a":1,"b":"2"},"list":["x","y"]}`, false},
		"a key that is missing counts":           {`{"kind":"ConfigMap","data":{"a":"1"},"list":["x","y"]}`, false},
		"an empty value is not a missing one":    {`{"kind":"ConfigMap","data":{"a":"1","b":"2","c":""},"list":["x","y"]}`, false},
		"null is not a missing value either":     {`{"kind":"ConfigMap","data":{"a":"1","b":"2"},"list":["x","y"],"x":null}`, false},
		"a text does not run into the next one":  {`{"kind":"ConfigMap","data":{"a":"1","b":"2"},"list":["xy"]}`, false},
		"a value under another key is different": {`{"kind":"ConfigMap","data":{"a":"2","b":"1"},"list":["x","y"]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hash(t, c.text) == hash(t, content); got != c.same {
				t.Errorf("equal is %v, want %v", got, c.same)
			}
		})
	}
}

// TestHashIsStable holds the digest of one content: hashes are kept in files and must outlive the process.
func TestHashIsStable(t *testing.T) {
	t.Parallel()
	const want = "43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777"
	if got := hash(t, `{"b":2,"a":1}`); got != want {
		t.Errorf("the hash is %s, want %s", got, want)
	}
	whole, err := object.Hash(map[string]any{"a": int64(1), "b": int64(2)})
	if err != nil || whole != want {
		t.Errorf("whole numbers hash to %s (%v), want %s", whole, err, want)
	}
}

func TestHashRefusesWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	h, err := object.Hash(map[string]any{"f": func() {}})
	if err == nil || h != "" || !strings.HasPrefix(err.Error(), "hash content: ") {
		t.Errorf("the hash is %q, the error %v", h, err)
	}
}
