package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// An application may name the paths that it is rendered anew for. What changes elsewhere is then passed over: a new commit is
// shown, and what was rendered before goes on being what is wanted, until something changes in the paths, in the application
// itself, or somebody asks for it. The status says which commit that is, so that every process goes on with the same one; plans
// that a person asks for, and looks at other revisions, are of what the commits really have.

// renderedFrom are the commits that the objects were rendered from.
func (d *desired) renderedFrom() []app.Commit {
	if d.from != nil {
		return d.from
	}
	return d.commits
}

// superseded reports whether the application names other paths now, or somebody else has rendered it of other commits since.
func (d *desired) superseded(a *app.Application) bool {
	return d != nil && !sameRendered(a.Status.Sync.Rendered, rendered(a, d))
}

// saying identifies what an application says that its objects are rendered of; empty where it names no paths.
func saying(a *app.Application, sources []app.Source) string {
	paths := a.GeneratePaths()
	if len(paths) == 0 {
		return ""
	}
	id, err := object.Hash([]any{sources, a.Spec.Destination, a.Spec.Project, paths})
	if err != nil {
		return ""
	}
	return id
}

// renderedBefore are the commits that an application was rendered from when it said what it says now, by the index of the source.
func renderedBefore(a *app.Application) map[int]string {
	r := a.Status.Sync.Rendered
	if of := saying(a, a.Spec.AllSources()); r == nil || of == "" || r.Of != of {
		return nil
	}
	return maps.Collect(slices.All(r.Revisions))
}

// before fetches what sources were rendered from before, where that is another commit than what they follow now. A source is not
// held back whose $ref leads to another commit than before. One whose commit is gone is rendered anew.
func (e *Engine) before(ctx context.Context, x *examination, d desired, q question) map[int]app.Checkout {
	out := map[int]app.Checkout{}
	for i, src := range d.sources {
		id := q.before[i]
		if id == "" || id == d.commits[i].ID || !src.InGit() || src.OnlyRef() || refMoved(src, d, q.before) {
			continue
		}
		c, err := e.ports.Fetcher.Fetch(ctx, src, id)
		if err != nil {
			e.opts.Log.Info("rendered anew: what was rendered before is not there any more", "app", x.app.Key().String(), "commit", id, "error", err)
			continue
		}
		c.Commit.Revision, c.Commit.AsOf = d.commits[i].Revision, d.commits[i].AsOf
		out[i] = c
	}
	return out
}

// refMoved reports whether a source takes a file from another one that is at another commit than before.
func refMoved(src app.Source, d desired, before map[int]string) bool {
	if src.Helm == nil {
		return false
	}
	names := slices.Clone(src.Helm.ValueFiles)
	for _, p := range src.Helm.FileParameters {
		names = append(names, p.Path)
	}
	for j, other := range d.sources {
		named := func(name string) bool { return other.Ref != "" && strings.HasPrefix(name, "$"+other.Ref+"/") }
		if before[j] != d.commits[j].ID && slices.ContainsFunc(names, named) {
			return true
		}
	}
	return false
}

// covering says of desired objects what they were rendered from and what was passed over.
func (d desired) covering(a *app.Application, rendered []app.Rendered, before map[int]app.Checkout) desired {
	d.from, d.read, d.outside = nil, "", nil
	if len(a.GeneratePaths()) == 0 {
		return d
	}
	var read []string
	for i, r := range rendered {
		if r.Kept {
			if d.from == nil {
				d.from = slices.Clone(d.commits)
			}
			d.from[i] = before[i].Commit
		}
		if len(r.Passed) > 0 {
			d.outside = append(d.outside, app.Condition{Type: app.ConditionPassed, Message: passedWord(a.Key(), r.Passed, d.commits[i], d.from[i])})
		}
		switch {
		case r.Read != "":
			read = append(read, r.Read)
		case !d.sources[i].OnlyRef():
			// A chart's version is all there is to it.
			read = append(read, d.commits[i].ID)
		}
	}
	d.read = strings.Join(read, ",")
	for _, item := range a.GeneratePaths() {
		if why := vain(item, d.sources, rendered); why != "" {
			d.outside = append(d.outside, app.Condition{
				Type: app.ConditionPaths, Message: fmt.Sprintf("annotation %s: %s: %s", app.AnnotationGeneratePaths, item, why),
			})
		}
	}
	return d
}

// vain says why an entry of the paths means nothing for any of the sources; empty when it means something for one of them.
func vain(item string, sources []app.Source, rendered []app.Rendered) string {
	why := "no source is in a git repository"
	for i, src := range sources {
		if src.OnlyRef() || !src.InGit() {
			continue
		}
		if why = rendered[i].Vain[item]; why == "" {
			return ""
		}
	}
	return why
}

// passedNames is how many names are told of what was passed over.
const passedNames = 3

// passedWord tells what was passed over.
func passedWord(key app.Key, names []string, at, from app.Commit) string {
	more := ""
	if n := len(names) - passedNames; n > 0 {
		names, more = names[:passedNames], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s%s: changed at %s outside of manifest-generate-paths, and still rendered as at %s; wheelhouse app refresh %s --hard renders it",
		strings.Join(names, ", "), more, at.Short(), from.Short(), key)
}

// saying identifies what the application says that is synced; empty where it names no paths, and where the operation is of
// something else than what it follows. From its beginning on, what it applies is what the application is rendered from.
func (op *operation) saying(ctx context.Context) string {
	if op.plan.Kind != app.KindSync || op.plan.Options.DryRun {
		return ""
	}
	a, err := op.engine.ports.Store.Load(ctx, op.plan.App)
	if err != nil {
		// Then the status cannot be written either.
		return ""
	}
	of := saying(&a, a.Spec.AllSources())
	if of != saying(&a, op.plan.Sources) {
		return ""
	}
	return of
}

// rendered is what a status keeps about desired objects; nil where the application names no paths.
func rendered(a *app.Application, d *desired) *app.RenderedFrom {
	of := saying(a, a.Spec.AllSources())
	if of == "" {
		return nil
	}
	return &app.RenderedFrom{Revisions: idsOf(d.renderedFrom()), Of: of}
}

func idsOf(commits []app.Commit) []string {
	ids := make([]string, len(commits))
	for i, c := range commits {
		ids[i] = c.ID
	}
	return ids
}

// sameRendered reports whether two statuses keep the same.
func sameRendered(a, b *app.RenderedFrom) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Of == b.Of && slices.Equal(a.Revisions, b.Revisions)
}
