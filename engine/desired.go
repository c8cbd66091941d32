package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// desired is what git asks for at some commits, ready to be compared: with namespaces, marks, and without repetition.
type desired struct {
	objects []*unstructured.Unstructured
	commits []app.Commit
	// from are the commits that the objects were rendered from, where they are not all of these; nil where they are. See paths.go.
	from    []app.Commit
	sources []app.Source
	tools   []app.Tool
	why     []string
	// brought identifies what the commits name elsewhere, read what the objects were rendered from where paths that count are named.
	brought, read string
	warnings      []app.Condition
	// outside tells about these paths.
	outside []app.Condition
	// unstable are the fields whose rendered value counts only where there is no live one.
	unstable map[object.Ref][][]string
	// rendered are the objects as they were before any of them got a live value; nil when none did.
	rendered []*unstructured.Unstructured
	// ids are those of the renderings, one for each source, and caps what the cluster served then.
	ids  []string
	caps app.Capabilities
	index
}

// index is what every comparison asks of every desired object, found out once.
type index struct {
	// refs names the objects, one by one; a hook whose name the server generates has the zero Ref.
	refs []object.Ref
	hook []bool
	// names are the refs of those that have a name, and at is where each of them is.
	names []object.Ref
	at    map[object.Ref]int
	// declared are the names without those of hooks: each run makes its own.
	declared []object.Ref
	// definitions are the places of those that define kinds, and others the places of all others.
	definitions, others []int
}

func indexOf(objects []*unstructured.Unstructured) index {
	x := index{
		refs: make([]object.Ref, len(objects)), hook: make([]bool, len(objects)),
		names: make([]object.Ref, 0, len(objects)), at: make(map[object.Ref]int, len(objects)),
	}
	for i, u := range objects {
		x.hook[i] = plan.IsHook(u)
		if definition.Is(u) && !x.hook[i] {
			x.definitions = append(x.definitions, i)
		} else {
			x.others = append(x.others, i)
		}
		if u.GetName() == "" {
			continue
		}
		x.refs[i] = object.Of(u)
		x.at[x.refs[i]] = i
		x.names = append(x.names, x.refs[i])
		if !x.hook[i] {
			x.declared = append(x.declared, x.refs[i])
		}
	}
	return x
}

// isHook reports whether the diff of a number is that of a desired hook.
func (d *desired) isHook(i int) bool { return i < len(d.hook) && d.hook[i] }

// render makes the desired objects of an application: each source alone, then all together.
func (e *Engine) render(ctx context.Context, x *examination, q question) (desired, error) {
	var d desired
	if q.manifests != nil {
		objects, _, warnings, err := e.finish(ctx, x, q.manifests)
		return desired{objects: objects, warnings: warnings, sources: x.app.Spec.AllSources(), index: indexOf(objects)}, err
	}
	d.sources = x.app.Spec.AllSources()
	if q.sources != nil {
		d.sources = q.sources
	}
	if q.revision != "" && len(d.sources) > 0 {
		d.sources = append([]app.Source(nil), d.sources...)
		d.sources[0].TargetRevision = q.revision
	}
	d.sources = q.at.apply(d.sources)
	checkouts, err := e.fetch(ctx, d.sources, q)
	if err != nil {
		return d, err
	}
	for _, c := range checkouts {
		d.commits = append(d.commits, c.Commit)
	}
	if d.caps, err = x.cluster.Capabilities(ctx); err != nil {
		return d, fmt.Errorf("ask %s for its API versions: %w", x.app.Spec.Destination.Cluster(), err)
	}
	have := q.known.renderings(d.caps)
	before := e.before(ctx, x, d, q)
	rendered, err := e.renderSources(ctx, x, d, checkouts, before, q, have)
	if err == nil && slices.ContainsFunc(have, func(id string) bool { return id != "" }) {
		if slices.EqualFunc(rendered, have, func(r app.Rendered, id string) bool { return r.ID == id }) {
			same := *q.known
			same.commits, same.sources = d.commits, d.sources
			return same.covering(&x.app, rendered, before), nil
		}
		// What is no longer the same is joined with what is, of which the objects are needed too.
		rendered, err = e.renderSources(ctx, x, d, checkouts, before, q, nil)
	}
	if err != nil {
		return d, err
	}
	var all []*unstructured.Unstructured
	unstable := map[int][][]string{}
	for i, r := range rendered {
		if src := d.sources[i]; len(r.Objects) == 0 && !src.OnlyRef() {
			r.Warnings = append(slices.Clip(r.Warnings), "nothing is rendered from "+src.Path+src.Chart+": it has no manifests")
		}
		d.ids = append(d.ids, r.ID)
		d.tools = append(d.tools, r.Tool)
		d.why = append(d.why, r.Why)
		for n, fields := range r.Unstable {
			if n < len(r.Objects) {
				unstable[len(all)+n] = fields
			}
		}
		all = append(all, r.Objects...)
		for _, w := range r.Warnings {
			d.warnings = append(d.warnings, app.Condition{Type: app.ConditionRenderWarning, Message: w})
		}
	}
	d.brought = broughtBy(rendered)
	d = d.covering(&x.app, rendered, before)
	objects, from, warnings, err := e.finish(ctx, x, all)
	d.objects, d.index, d.unstable = objects, indexOf(objects), place(unstable, objects, from)
	d.warnings = append(d.warnings, warnings...)
	return d, err
}

// broughtBy identifies what renderings read from elsewhere; empty is nothing.
func broughtBy(rendered []app.Rendered) string {
	ids, some := make([]string, len(rendered)), false
	for i, r := range rendered {
		ids[i], some = r.Brought, some || r.Brought != ""
	}
	if !some {
		return ""
	}
	return strings.Join(ids, ",")
}

// renderings are those that need not be handed over again, one for each source, while the cluster serves the same: what it
// serves decides which objects have a namespace.
func (d *desired) renderings(caps app.Capabilities) []string {
	if d == nil || d.caps.KubeVersion != caps.KubeVersion || !slices.Equal(d.caps.APIVersions, caps.APIVersions) {
		return nil
	}
	return d.ids
}

// fetch resolves and fetches all sources at once.
func (e *Engine) fetch(ctx context.Context, sources []app.Source, q question) ([]app.Checkout, error) {
	out := make([]app.Checkout, len(sources))
	g, ctx := errgroup.WithContext(ctx)
	for i, src := range sources {
		if local, ok := q.at.checkout(i, src); ok {
			out[i] = local
			continue
		}
		g.Go(func() error {
			commit := app.Commit{ID: q.commits[i]}
			var err error
			if commit.ID == "" {
				commit, err = e.ports.Fetcher.Resolve(ctx, src, q.maxAge)
			}
			if err != nil {
				return fmt.Errorf("resolve %s of %s: %w", src.Revision(), app.ShownURL(src.RepoURL), err)
			}
			out[i], err = e.ports.Fetcher.Fetch(ctx, src, commit.ID)
			if err != nil {
				return fmt.Errorf("fetch %s of %s: %w", commit.Short(), app.ShownURL(src.RepoURL), err)
			}
			out[i].Commit.Revision, out[i].Commit.AsOf = src.TargetRevision, commit.AsOf
			return nil
		})
	}
	return out, g.Wait()
}

// renderSources renders every source that has something to render: one that is only a ref serves others' values files. Of a
// rendering that the caller has, the objects are left out.
func (e *Engine) renderSources(
	ctx context.Context, x *examination, d desired, checkouts []app.Checkout, before map[int]app.Checkout, q question, have []string,
) ([]app.Rendered, error) {
	refs := map[string]fs.FS{}
	for i, src := range d.sources {
		if src.Ref != "" {
			refs[src.Ref] = checkouts[i].Files
		}
	}
	out := make([]app.Rendered, len(d.sources))
	g, ctx := errgroup.WithContext(ctx)
	for i, src := range d.sources {
		if src.OnlyRef() {
			continue
		}
		g.Go(func() error {
			req := renderRequest(x.app, src, checkouts[i], refs, d.caps)
			req.Fresh = q.maxAge == 0
			if i < len(have) {
				req.Have = have[i]
			}
			if src.InGit() {
				req.Paths = x.app.GeneratePaths()
			}
			if b, ok := before[i]; ok {
				req.Before = &b
			}
			if i == q.overlaid {
				req.Overlay = q.overlay
			}
			var err error
			out[i], err = e.ports.Renderer.Render(ctx, req)
			if err != nil {
				return fmt.Errorf("render %s: %w", x.app.Key(), err)
			}
			return nil
		})
	}
	return out, g.Wait()
}

func renderRequest(
	a app.Application, src app.Source, c app.Checkout, refs map[string]fs.FS, caps app.Capabilities,
) app.RenderRequest {
	return app.RenderRequest{
		App: a.Key(), Project: a.Spec.Project, Source: src, Namespace: a.Spec.Destination.Namespace,
		Commit: c.Commit, Files: c.Files, Refs: refs, Capabilities: caps,
	}
}

// finish makes rendered objects comparable: each in its namespace, normalised, marked, and each only once. It says of each of them which
// of the rendered ones it is.
func (e *Engine) finish(
	ctx context.Context, x *examination, rendered []*unstructured.Unstructured,
) (out []*unstructured.Unstructured, from []int, _ []app.Condition, _ error) {
	place := map[object.Ref]int{}
	var warnings []app.Condition
	crds := definedKinds(rendered)
	for n, r := range rendered {
		u := diff.Normalise(r)
		if err := e.scope(ctx, x, u, crds); err != nil {
			return nil, nil, nil, err
		}
		object.SetMark(u, x.app.Key().Tracking(), e.ports.Store.Installation())
		if u.GetName() == "" {
			out, from = append(out, u), append(from, n)
			continue
		}
		ref := object.Of(u)
		if i, twice := place[ref]; twice {
			out[i], from[i] = u, n
			warnings = append(warnings, app.Condition{
				Type:    app.ConditionRepeatedResource,
				Message: fmt.Sprintf("%s is rendered more than once; the last one counts", ref),
			})
			continue
		}
		place[ref] = len(out)
		out, from = append(out, u), append(from, n)
	}
	for _, u := range out {
		if doubt := plan.DoubtfulHook(u); doubt != "" {
			warnings = append(warnings, app.Condition{Type: app.ConditionUnknownHook, Message: doubt})
		}
	}
	return out, from, warnings, nil
}

// scope gives a namespaced object the destination's namespace if it names none, and takes it from a cluster-scoped one.
// All versions of a kind have one scope: one that the cluster does not serve is as those that it does. A kind that it serves in no
// version is taken as the CustomResourceDefinition beside it says, else as namespaced.
func (e *Engine) scope(ctx context.Context, x *examination, u *unstructured.Unstructured, crds map[string]bool) error {
	gvk := u.GroupVersionKind()
	namespaced := true
	res, err := x.cluster.Resource(ctx, gvk)
	if errors.Is(err, object.ErrNoKind) {
		res, err = x.cluster.Resource(ctx, gvk.GroupKind().WithVersion(""))
	}
	switch {
	case err == nil:
		namespaced = res.Namespaced
	case errors.Is(err, object.ErrNoKind):
		if n, ok := crds[gvk.GroupKind().String()]; ok {
			namespaced = n
		}
	default:
		return fmt.Errorf("look up kind of %s: %w", object.Of(u), err)
	}
	if !namespaced {
		u.SetNamespace("")
		return nil
	}
	if u.GetNamespace() == "" {
		if x.app.Spec.Destination.Namespace == "" {
			return hint.With(fmt.Errorf("%s has no namespace, and neither has the application's destination", object.Of(u)),
				"set spec.destination.namespace")
		}
		u.SetNamespace(x.app.Spec.Destination.Namespace)
	}
	return nil
}

// definedKinds lists the kinds that CustomResourceDefinitions among the objects define, and whether they are namespaced.
func definedKinds(objects []*unstructured.Unstructured) map[string]bool {
	out := map[string]bool{}
	for _, u := range objects {
		if u.GetKind() != "CustomResourceDefinition" {
			continue
		}
		group, _, _ := unstructured.NestedString(u.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(u.Object, "spec", "names", "kind")
		scope, _, _ := unstructured.NestedString(u.Object, "spec", "scope")
		out[kind+"."+group] = scope != "Cluster"
	}
	return out
}
