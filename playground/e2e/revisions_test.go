package e2e

import (
	"slices"
	"strings"
	"testing"
)

// TestRevisionsOfSeveralSources syncs, compares and prints an application of two repositories at revisions that it does not follow.
func TestRevisionsOfSeveralSources(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	branched := func(name string) (*repository, string) {
		repo := newRepository(t, w.play, "revisions-"+name, map[string]string{name + ".yaml": configMap(name, "main")})
		repo.git("checkout", "--quiet", "-b", "feature")
		write(t, repo.dir, name+".yaml", configMap(name, "feature"))
		repo.git("commit", "--quiet", "--all", "--message", "another value")
		repo.git("push", "--quiet", "origin", "feature")
		tip := repo.git("rev-parse", "HEAD")
		repo.git("checkout", "--quiet", "main")
		return repo, strings.TrimSpace(tip)
	}
	first, _ := branched("first")
	second, tip := branched("second")
	drop(t, w.store, "revisions.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: revisions}
spec:
  destination: {name: playground, namespace: revisions}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  sources:
    - {repoURL: `+first.url+`, targetRevision: main, path: ., name: one}
    - {repoURL: `+second.url+`, targetRevision: main, path: ., name: two}
`)
	is := func(t *testing.T, first, second string) {
		t.Helper()
		see := w.in(t).see()
		for name, want := range map[string]string{"first": first, "second": second} {
			if got := see.get("revisions", name).Data["value"]; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
	other := []string{"--revisions", "feature", "--source-positions", "2"}
	t.Run("one of them", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must(append([]string{"app", "plan", "revisions"}, other...)...), "source 2 is at feature, and not at main, which is followed")
		w.must(append([]string{"app", "sync", "revisions"}, other...)...)
		is(t, "main", "feature")
		contains(t, w.must("app", "get", "revisions", "-o", "json"), tip, `"targetRevision": "feature"`)
		contains(t, w.must("app", "history", "revisions", "-o", "json"), tip, `"targetRevision": "feature"`)
	})
	t.Run("compared and printed", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must(append([]string{"app", "manifests", "revisions"}, other...)...), "value: feature", "value: main")
		w.must(append([]string{"app", "diff", "revisions"}, other...)...)
		contains(t, w.expect(1, "app", "diff", "revisions", "--revision", "feature", "--source-names", "one").out, "-  value: main", "+  value: feature", "-  value: feature", "+  value: main")
	})
	t.Run("both, by their names", func(t *testing.T) {
		w.in(t).must("app", "sync", "revisions", "--revisions", "main", "--source-names", "two", "--revisions", "feature", "--source-names", "one")
		is(t, "feature", "main")
	})
	t.Run("a record of them is what is rolled back to", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "rollback", "revisions", "r1")
		is(t, "main", "feature")
		w.must("app", "unpin", "revisions")
	})
	t.Run("what makes no sense is refused", func(t *testing.T) {
		for flags, says := range map[string]string{
			"--revision feature":                                                     "revisions has 2 sources: one must be named",
			"--revisions feature":                                                    "--revisions needs as many",
			"--revisions feature --source-positions 1,2":                             "--revisions needs as many",
			"--source-positions 1":                                                   "a source is named without",
			"--revisions feature --source-positions 3":                               "sources 1 to 2, and none at 3",
			"--revisions feature --source-positions 0":                               "none at 0",
			"--revisions feature --source-names three":                               `no source of the name or ref "three"`,
			"--revisions a --revisions b --source-positions 2,2":                     "source 2 of revisions is named twice",
			"--revisions a --revision b --source-positions 2":                        "exclude each other",
			"--revisions a --source-positions 2 --source-names two":                  "exclude each other",
			"--revisions a --source-positions 1 --revisions b --source-names second": "exclude each other",
		} {
			for _, verb := range []string{"sync", "plan", "diff", "manifests"} {
				contains(t, w.in(t).expect(2, slices.Concat([]string{"app", verb, "revisions"}, strings.Fields(flags))...).err, says)
			}
		}
	})
	t.Run("where automation would go back at once", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "set", "revisions", "--sync-policy", "automated")
		w.must("app", "sync", "revisions", "--revisions", "main", "--source-positions", "2")
		is(t, "main", "main")
		contains(t, w.expect(6, append([]string{"app", "sync", "revisions"}, other...)...).err, "app set revisions --source-position 2 --revision feature")
		is(t, "main", "main")
	})
}
