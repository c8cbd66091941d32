package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// pathed is an application of a chart that takes a values file from another source, and names the paths that count.
func pathed(paths string) app.Application {
	a := app.Application{Metadata: app.Metadata{Name: "web", Annotations: map[string]string{app.AnnotationGeneratePaths: paths}}}
	a.Spec.Sources = []app.Source{
		{RepoURL: "https://git.example.com/shop", Path: "web", Helm: &app.HelmSource{ValueFiles: []string{"$env/web.yaml"}}},
		{RepoURL: "https://git.example.com/env", Ref: "env"},
		{RepoURL: "https://git.example.com/shop", Path: "api"},
		{RepoURL: "https://charts.example.com", Chart: "db", TargetRevision: "1.*"},
	}
	return a
}

func commits(ids ...string) []app.Commit {
	out := make([]app.Commit, len(ids))
	for i, id := range ids {
		out[i] = app.Commit{ID: id}
	}
	return out
}

func TestWhatWasRenderedBeforeIsOfWhatTheApplicationSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*app.Application)
		known  bool
	}{
		"the same":                {func(*app.Application) {}, true},
		"written otherwise":       {func(a *app.Application) { a.Metadata.Annotations[app.AnnotationGeneratePaths] = " . ; /base;" }, true},
		"another label":           {func(a *app.Application) { a.Metadata.Labels = map[string]string{"team": "shop"} }, true},
		"another parameter":       {func(a *app.Application) { a.Spec.Sources[0].Helm.Values = "a: b" }, false},
		"another revision":        {func(a *app.Application) { a.Spec.Sources[2].TargetRevision = "v2" }, false},
		"another namespace":       {func(a *app.Application) { a.Spec.Destination.Namespace = "other" }, false},
		"another project":         {func(a *app.Application) { a.Spec.Project = "other" }, false},
		"other paths":             {func(a *app.Application) { a.Metadata.Annotations[app.AnnotationGeneratePaths] = "." }, false},
		"no paths":                {func(a *app.Application) { delete(a.Metadata.Annotations, app.AnnotationGeneratePaths) }, false},
		"paths that name nothing": {func(a *app.Application) { a.Metadata.Annotations[app.AnnotationGeneratePaths] = " ; " }, false},
		"never rendered":          {func(a *app.Application) { a.Status.Sync.Rendered = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := pathed(".;/base")
			d := desired{commits: commits("c1", "e1", "c1", "1.0.0")}
			a.Status.Sync.Rendered = rendered(&a, &d)
			c.change(&a)
			var want map[int]string
			if c.known {
				want = map[int]string{0: "c1", 1: "e1", 2: "c1", 3: "1.0.0"}
			}
			if d := cmp.Diff(want, renderedBefore(&a), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("what was rendered before (-want +got):\n%s", d)
			}
			if got := d.superseded(&a); got == c.known {
				t.Errorf("superseded: %v", got)
			}
		})
	}
}

func TestAChangedCommitOfARefIsRendered(t *testing.T) {
	t.Parallel()
	a := pathed(".")
	before := map[int]string{0: "c1", 1: "e1", 2: "c1", 3: "1.0.0"}
	for name, c := range map[string]struct {
		source int
		now    []app.Commit
		want   bool
	}{
		"its own commit":                   {0, commits("c2", "e1", "c2", "1.0.0"), false},
		"that of a source that it names":   {0, commits("c2", "e2", "c2", "1.0.0"), true},
		"that of one that it does not":     {2, commits("c2", "e2", "c2", "1.0.0"), false},
		"the version of a chart beside it": {0, commits("c2", "e1", "c2", "1.1.0"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := desired{sources: a.Spec.AllSources(), commits: c.now}
			if got := refMoved(d.sources[c.source], d, before); got != c.want {
				t.Errorf("rendered anew: %v, want %v", got, c.want)
			}
		})
	}
}

func TestWhatWasPassedOverIsTold(t *testing.T) {
	t.Parallel()
	a := pathed(".;/gone")
	gone := map[string]string{"/gone": "the repository has no gone"}
	out := []app.Rendered{
		{Kept: true, Passed: []string{"base/a", "base/b", "base/c", "base/d"}, Read: "r1", Vain: gone}, {}, {Read: "r2", Vain: gone}, {},
	}
	d := desired{sources: a.Spec.AllSources(), commits: commits("c2c2c2c", "e1", "c2c2c2c", "1.0.0")}
	d = d.covering(&a, out, map[int]app.Checkout{0: {Commit: app.Commit{ID: "c1c1c1c"}}})
	if got, want := idsOf(d.renderedFrom()), []string{"c1c1c1c", "e1", "c2c2c2c", "1.0.0"}; !slices.Equal(got, want) {
		t.Errorf("rendered from %q, want %q", got, want)
	}
	if want := "r1,r2,1.0.0"; d.read != want {
		t.Errorf("read %q, want %q", d.read, want)
	}
	want := []app.Condition{
		{
			Type: app.ConditionPassed, Message: "base/a, base/b, base/c and 1 more: changed at c2c2c2c outside of manifest-generate-paths, and still rendered as at c1c1c1c; " +
				"wheelhouse app refresh web --hard renders it",
		},
		{Type: app.ConditionPaths, Message: "annotation " + app.AnnotationGeneratePaths + ": /gone: the repository has no gone"},
	}
	if d := cmp.Diff(want, d.outside); d != "" {
		t.Errorf("what is told (-want +got):\n%s", d)
	}
	// A path that one of the sources has means something.
	out[2].Vain = nil
	if d = d.covering(&a, out, map[int]app.Checkout{0: {Commit: app.Commit{ID: "c1c1c1c"}}}); len(d.outside) != 1 {
		t.Errorf("told: %+v", d.outside)
	}
}

// Whoever renders an application anew while another process looks at it as it was before is not undone by that.
func TestAnOlderLookDoesNotTakeBackWhatWasRenderedAnew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		loaded, stored, want string
	}{
		"nobody":        {"c1", "c1", "c0"},
		"somebody else": {"c1", "c2", "c2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := accounted(nil, nil, nil, nil)
			x.app, x.at = pathed("."), time.Unix(1, 0)
			x.app.Spec.Sources = x.app.Spec.Sources[:1]
			of := func(id string) *app.RenderedFrom { return rendered(&x.app, &desired{commits: commits(id)}) }
			x.want.commits, x.want.from = commits("c3"), commits("c0")
			x.app.Status.Sync.Rendered = of(c.loaded)
			s := app.Status{Sync: app.SyncStatus{Rendered: of(c.stored)}}
			statusOf(&s, x)
			if d := cmp.Diff(of(c.want), s.Sync.Rendered); d != "" || s.Sync.Revisions[0] != "c3" {
				t.Errorf("at %q, rendered from (-want +got):\n%s", s.Sync.Revisions, d)
			}
		})
	}
}

func TestAnotherCommitOfTheSamePathsIsTheSameTry(t *testing.T) {
	t.Parallel()
	try := func(commit, read, brought string) *app.OperationState {
		o := app.Operation{Sync: &app.SyncOperation{Revision: commit}, InitiatedBy: app.Initiator{Automated: true}}
		o.SetRead(read)
		o.SetBrought(brought)
		return &app.OperationState{Phase: app.OperationFailed, Operation: o, RetryCount: 2}
	}
	for name, c := range map[string]struct {
		last, now *app.OperationState
		want      int64
	}{
		"the same commit":                    {try("c1", "", ""), try("c1", "", ""), 3},
		"another one":                        {try("c1", "", ""), try("c2", "", ""), 0},
		"another one that changes nothing":   {try("c1", "r", ""), try("c2", "r", ""), 3},
		"another one that changes something": {try("c1", "r", ""), try("c2", "s", ""), 0},
		"something else brought":             {try("c1", "r", "a"), try("c2", "r", "b"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := retries(c.last, c.now); got != c.want {
				t.Errorf("%d retries, want %d", got, c.want)
			}
		})
	}
}
