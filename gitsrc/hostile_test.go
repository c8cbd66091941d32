package gitsrc_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// aliases is a small text that is a large one with its aliases written out.
func aliases() string {
	text := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		text += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 9), c-1)
	}
	return text
}

// many are names of folders in which a large kustomization is.
func many(files map[string]string, n, lines int) map[string]string {
	var all []string
	for i := range n {
		name := fmt.Sprintf("base%d", i)
		files["stage/"+name+"/kustomization.yaml"] = "resources: [a.yaml]\n" + strings.Repeat("# nothing to see\n", lines)
		all = append(all, name)
	}
	files["stage/kustomization.yaml"] = "resources: [" + strings.Join(all, ", ") + "]\n"
	return files
}

// TestAHostileRepositoryIsRefusedBeforeItIsLookedThrough uses that the process that fetches has no limit of its own.
func TestAHostileRepositoryIsRefusedBeforeItIsLookedThrough(t *testing.T) {
	t.Parallel()
	remote := &strings.Builder{}
	for i := range 10_001 {
		fmt.Fprintf(remote, "- https://127.0.0.1:1/r.git//a?ref=v%d\n", i)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a large kustomization":         {map[string]string{"stage/kustomization.yaml": "resources:\n" + strings.Repeat("- a\n", 8_000_000)}, "stage/kustomization.yaml: the file is refused: it is larger than 1 MiB"},
		"many values":                   {map[string]string{"stage/kustomization.yml": "resources:\n" + strings.Repeat("- a\n", 200_000)}, "more than 100000 values"},
		"a bomb of aliases":             {map[string]string{"stage/Kustomization": aliases()}, "with its aliases written out"},
		"deep nesting":                  {map[string]string{"stage/kustomization.yaml": "resources: " + strings.Repeat("[", 400) + strings.Repeat("]", 400)}, "nested more than 100 deep"},
		"a bomb over the source":        {map[string]string{"stage/kustomization.yaml": "resources: []\n", "stage/.argocd-source-x.yaml": aliases()}, "stage/.argocd-source-x.yaml: the file is refused"},
		"a large base":                  {map[string]string{"stage/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": strings.Repeat("#\n", 1<<20)}, "base/kustomization.yaml: the file is refused"},
		"many large bases":              {many(map[string]string{}, 20, 60_000), "too large together"},
		"more references than are kept": {map[string]string{"stage/kustomization.yaml": "resources:\n" + remote.String()}, "more than 10000 references"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t, t.TempDir(), "hostile")
			id := r.commit(t, "main", "begin", c.files)
			_, err := newFetcher(t).Fetch(t.Context(), app.Source{RepoURL: r.bare, Path: "stage", TargetRevision: "main"}, id)
			if err == nil || !strings.Contains(err.Error(), c.want) || hint.Of(err) == "" {
				t.Errorf("%v (%s), want %s", err, hint.Of(err), c.want)
			}
		})
	}
}

func TestLookingForBasesTakesLittleMemoryAndEndsWithItsCaller(t *testing.T) {
	r := newRepository(t, t.TempDir(), "hostile")
	id := r.commit(t, "main", "begin", map[string]string{
		"large/kustomization.yaml": "resources:\n" + strings.Repeat("- a\n", 400_000), "stage/kustomization.yaml": "resources: [../base]\n",
	})
	f := newFetcher(t)
	src := app.Source{RepoURL: r.bare, Path: "stage", TargetRevision: "main"}
	if _, err := f.Fetch(t.Context(), src, id); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.Fetch(ended, src, id); !errors.Is(err, context.Canceled) {
		t.Errorf("after its caller's end: %v", err)
	}
	src.Path = "large"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := f.Fetch(t.Context(), src, id); err == nil {
		t.Error("the large one is read")
	}
	runtime.ReadMemStats(&after)
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 200 {
		t.Errorf("it took %d MiB", mib)
	}
}
