package kustomization_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/internal/kustomization"
)

const everyField = `resources: [r, {not: text}, "a\nb"]
bases: [b]
components: [c]
generators: [g]
transformers: [t]
validators: [v]
crds: [d]
configurations: [e]
patchesStrategicMerge: [f]
patches: [{path: h}, {patch: inline}]
patchesJson6902: [{path: i}]
replacements: [{path: j}]
configMapGenerator: [{files: [k, key=l], envs: [m], env: en}]
secretGenerator: [{files: ["https://host/x?a=b"]}]
openapi: {path: o}
`

func read(t *testing.T, text string) map[string]any {
	t.Helper()
	k := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &k); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestEveryReferenceIsVisitedAndReplaced(t *testing.T) {
	t.Parallel()
	k := read(t, everyField)
	var folders, files []string
	if err := kustomization.Each(k, func(r kustomization.Reference) (string, error) {
		if r.Folder {
			folders = append(folders, r.Text)
		} else {
			files = append(files, r.Text)
		}
		return strings.ToUpper(r.Text), nil
	}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("r b c g t v", strings.Join(folders, " ")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("d e f h i j k l m en https://host/x?a=b o", strings.Join(files, " ")); d != "" {
		t.Error(d)
	}
	want := strings.NewReplacer("[r,", "[R,", "[b]", "[B]", "[c]", "[C]", "[g]", "[G]", "[t]", "[T]", "[v]", "[V]", "[d]", "[D]", "[e]", "[E]", "[f]", "[F]",
		"path: h", "path: H", "path: i", "path: I", "path: j", "path: J", "[k, key=l]", "[K, key=L]", "[m]", "[M]", "env: en", "env: EN",
		"https://host/x?a=b", "HTTPS://HOST/X?A=B", "path: o", "path: O").Replace(everyField)
	if d := cmp.Diff(read(t, want), k); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestAVisitThatFailsIsTheLast(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	for _, at := range []string{"r", "d", "h", "k", "l", "en", "o"} {
		last := ""
		err := kustomization.Each(read(t, everyField), func(r kustomization.Reference) (string, error) {
			last = r.Text
			if r.Text == at {
				return "", stop
			}
			return r.Text, nil
		})
		if !errors.Is(err, stop) || last != at {
			t.Errorf("at %s: %v, and the last was %s", at, err, last)
		}
	}
}
