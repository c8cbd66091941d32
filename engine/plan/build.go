package plan

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Input is what a plan is made of.
type Input struct {
	App     app.Application
	Kind    app.OperationKind
	Record  string
	Cluster app.ClusterIdentity
	Commits []app.Commit
	Sources []app.Source
	// Brought identifies what the commits name elsewhere.
	Brought string
	// Read identifies what the objects were rendered from; empty for an application that names no paths.
	Read string
	// Installation is the store's id in marks.
	Installation string
	// Objects are the desired objects with their comparison, and the comparisons of live ones that are desired no more.
	// A live object that is in none of them is left alone, whatever mark it carries.
	Objects []Object
	// Live are the live objects by name. With the destination's namespace among them, its metadata is compared too.
	Live map[object.Ref]*unstructured.Unstructured
	// Previous names what the application consisted of before, for the guard of a desired set that shrank; empty is what
	// is live now.
	Previous []object.Ref
	// Only names the only objects that may be deleted, where it is not nil: an undo deletes what the operation made.
	Only []object.Ref
	// Kept names what the record of a rollback or an undo had although git did not ask for it: it is not deleted, also where the
	// record does not say how it was.
	Kept []object.Ref
	// Unreadable says where nothing is known of objects; while there is such a place nothing is pruned.
	Unreadable map[object.Place]error
	// Holds reports whether a live object has a health that holds later waves back, and what it lacks now; nil is never.
	Holds func(live *unstructured.Unstructured) (holds bool, why string)
	// NamespaceMissing is true when the destination's namespace does not exist.
	NamespaceMissing bool
	// Resumes is true for the rest of an interrupted operation: a selected object that is gone was dealt with.
	Resumes bool
	Options Options
}

// Object is one comparison with the desired object, nil for one that is to be pruned.
type Object struct {
	Desired *unstructured.Unstructured
	Diff    diff.Diff
}

// Build makes the plan of a sync or rollback. It refuses a selection that means nothing of the application, and a
// propagation policy that does not exist.
func Build(in Input) (Plan, error) {
	if in.Options.Propagation == "" {
		in.Options.Propagation = in.App.Spec.PrunePropagation()
	}
	p := Plan{
		App: in.App.Key(), Kind: in.Kind, Destination: in.App.Spec.Destination, Cluster: in.Cluster,
		Commits: in.Commits, Sources: in.Sources, Brought: in.Brought, Read: in.Read, Record: in.Record, Options: in.Options, Only: in.Only,
		Kept: in.Kept,
	}
	if err := checkPropagation(in.Options.Propagation); err != nil {
		return p, err
	}
	var err error
	if p.Basis, err = basisOf(&in.App, in.Kind, in.Options); err != nil {
		return p, err
	}
	b := newBuilder(in, &p)
	if err := b.find(); err != nil {
		return p, err
	}
	for i := range in.Objects {
		b.object(&in.Objects[i])
	}
	b.revisions()
	b.namespace()
	b.skippedHooks()
	b.unreadable()
	mirrorPrunes(p.Steps)
	pruneLast(&p, &in.App.Spec)
	settleContainers(p.Steps)
	if holdPrunes(&p) {
		b.note("a step cannot succeed: what git has no more comes after all else, and stays")
	}
	pullAhead(p.Steps)
	sortSteps(p.Steps)
	b.prunesBefore()
	b.settleWaits()
	b.guards()
	return p, name(&p)
}

func checkPropagation(policy string) error {
	switch policy {
	case "", "foreground", "background", "orphan":
		return nil
	}
	return fmt.Errorf("propagation policy %q: want foreground, background or orphan", policy)
}

// builder collects the steps of one plan.
type builder struct {
	in   Input
	plan *Plan
	// defines are the desired CustomResourceDefinitions by the kind that they define, and occupies the containers of desired objects.
	defines  map[schema.GroupKind]object.Ref
	occupies map[container]bool
	// holds are the containers of what git has no more and what is kept.
	holds holdings
	// unserved names, without a namespace, the desired objects in a version that the cluster does not serve and that no definition
	// beside them brings. What git has no more and what it declares may be one object then, for its scope is not known.
	unserved map[object.Ref]bool

	desired, pruned int
	// hooks names the hooks of the phases of a sync.
	hooks []string
	// resting are the declared objects that are not written.
	resting []resting
}

func newBuilder(in Input, p *Plan) *builder {
	b := &builder{
		in: in, plan: p, defines: map[schema.GroupKind]object.Ref{}, occupies: map[container]bool{}, unserved: map[object.Ref]bool{},
		holds: holdings{},
	}
	for i := range in.Objects {
		u := in.Objects[i].Desired
		if u == nil {
			continue
		}
		for _, c := range containers(in.Objects[i].Diff.Ref) {
			b.occupies[c] = true
		}
		if d := &in.Objects[i].Diff; d.Verdict == diff.MissingKind && d.How != diff.Schema && !IsHook(u) {
			b.unserved[nowhere(d.Ref)] = true
		}
		if gk, ok := defined(u); ok {
			b.defines[gk] = object.Of(u)
		}
	}
	b.holds.fill(b)
	return b
}

// defined returns the kind that a CustomResourceDefinition defines.
func defined(u *unstructured.Unstructured) (schema.GroupKind, bool) {
	if u.GetKind() != "CustomResourceDefinition" {
		return schema.GroupKind{}, false
	}
	group, _, _ := unstructured.NestedString(u.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(u.Object, "spec", "names", "kind")
	return schema.GroupKind{Group: group, Kind: kind}, true
}

// object adds the steps of one object.
func (b *builder) object(o *Object) {
	if o.Desired == nil {
		b.extra(o)
		return
	}
	b.plan.Desired = append(b.plan.Desired, o.Desired)
	if IsHook(o.Desired) {
		b.hook(o)
		return
	}
	b.desired++
	if b.selected(o.Diff.Ref) {
		b.ordinary(o)
	}
}

func (b *builder) add(s Step) { b.plan.Steps = append(b.plan.Steps, s) }

func (b *builder) note(format string, args ...any) {
	b.plan.Notes = append(b.plan.Notes, fmt.Sprintf(format, args...))
}

// revisions says which sources are not at what they follow, in words for one of several where there are.
func (b *builder) revisions() {
	sources := b.in.App.Spec.AllSources()
	for i := range sources {
		revision, named := b.in.Options.Revisions[i]
		switch {
		case !named || revision == sources[i].TargetRevision:
		case len(sources) == 1:
			b.note("it is of %s, and not of %s, which is followed", revision, sources[i].Revision())
		default:
			b.note("source %d is at %s, and not at %s, which is followed", i+1, revision, sources[i].Revision())
		}
	}
}

// unreadable tells what is not known, and so why nothing is pruned.
func (b *builder) unreadable() {
	var notes []string
	for place, reason := range b.in.Unreadable {
		notes = append(notes, fmt.Sprintf("%s cannot be read, so nothing is pruned: %v", place, reason))
	}
	slices.Sort(notes)
	b.plan.Notes = append(b.plan.Notes, notes...)
}
