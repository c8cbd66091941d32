package plan

import (
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// AutoSyncInput is what the rules of automatic syncs decide upon.
type AutoSyncInput struct {
	// App holds spec and status; the status' last operation counts, and its last one of all objects.
	App     app.Application
	Commits []app.Commit
	Sources []app.Source
	// Brought identifies what the commits name elsewhere: bases, packages that charts depend on.
	Brought string
	// Read identifies what the objects were rendered from; empty for an application that names no paths that count.
	Read string
	// Diffs compare the objects that are no hooks.
	Diffs  []*diff.Diff
	Pinned bool
	Now    time.Time
	Heat   Heat
}

// Decision is what automation does about an application.
type Decision struct {
	// Do is true when a sync is to start, with Options and for the reason Why.
	Do      bool
	Options Options
	Why     string
	// Resolve is true when git is to be asked first: what is known of it is older than the end of the last operation, which was
	// of another commit.
	Resolve bool
	// Wait, when it is not 0, is the time after which to decide again.
	Wait time.Duration
	// Blocked is a sentence for the user when automation would act and may not.
	Blocked string
	// Fight names who keeps changing back what is healed, while healing waits for that to end.
	Fight string
	// Paused says why nothing is done, in the whole cluster or since somebody wanted the application gone.
	Paused string
}

// halfDeleted says why nothing that a deletion has deleted is put back.
const halfDeleted = "a deletion has not come to its end: nothing is synced or healed automatically until it is done, what was interrupted is settled, " +
	"or a sync of all objects that somebody starts succeeds"

// AutoSync decides by Argo CD's rules (controller/appcontroller.go autoSync): once per commit and parameters, and per what these
// name elsewhere, then again only to heal. Unlike there, what a person does to some objects in between is no attempt, and has none
// forgotten. Self-heal acts at once, and slows down only for objects that keep being changed back.
func AutoSync(in AutoSyncInput) Decision {
	auto, on := in.App.Spec.AutomatedOn()
	if !on || in.Pinned || in.App.Metadata.Annotations[app.AnnotationSkipReconcile] == "true" || busy(&in.App) {
		return Decision{}
	}
	if in.App.Status.HalfDeleted() {
		return Decision{Paused: halfDeleted}
	}
	last, full := in.App.Status.OperationState, in.App.Status.Attempt()
	switch in.App.Status.Sync.Status {
	case app.OutOfSync:
	case app.Synced:
		return finishUp(in, full, Options{Prune: auto.Prune})
	default:
		return Decision{}
	}
	changed, extra, known := sortDiffs(in.Diffs)
	switch {
	case !known:
		return Decision{}
	case len(changed) == 0 && (len(extra) == 0 || !auto.Prune):
		return finishUp(in, full, Options{Prune: auto.Prune})
	}
	if auto.Prune && !auto.AllowEmpty && len(extra) > 0 && len(extra) == len(in.Diffs) {
		return Decision{Blocked: "automatic sync refused: it would delete everything; git asks for nothing (allowEmpty permits that)"}
	}
	switch {
	case !attempted(last, in) && superseded(last, in):
		return Decision{Resolve: true}
	case !attempted(full, in):
		return Decision{Do: true, Options: Options{Prune: auto.Prune}, Why: news(full, in)}
	case full.Phase != app.OperationSucceeded && !healing(full):
		return retry(in, full, Options{Prune: auto.Prune})
	case auto.SelfHeal && auto.Prune:
		return healAgain(in, last, heal(in, slices.Concat(changed, extra), Options{Prune: true}))
	case auto.SelfHeal:
		return healAgain(in, last, heal(in, changed, Options{}))
	}
	return Decision{}
}

// Newer reports whether automation would sync something that a running automatic operation is not of, if that did not run, and that
// comes to other objects. What is desired are all rendered objects.
func Newer(running *Plan, in AutoSyncInput, desired []*unstructured.Unstructured) bool {
	ids := make([]string, len(running.Commits))
	for i, c := range running.Commits {
		ids[i] = c.ID
	}
	in.App.Status.OperationState = nil
	if in.tried(ids, running.Sources, running.Brought, running.Read) || !AutoSync(in).Do {
		return false
	}
	return !slices.EqualFunc(running.Desired, desired, func(a, b *unstructured.Unstructured) bool {
		return equality.Semantic.DeepEqual(a.Object, b.Object)
	})
}

// busy reports whether something else is about to happen to the application, or does.
func busy(a *app.Application) bool {
	last := a.Status.OperationState
	return a.Metadata.DeletionTimestamp != nil || a.Operation != nil || last != nil && !last.Phase.Done()
}

// heal puts back what differs, and leaves to cool what is being fought over.
func heal(in AutoSyncInput, refs []object.Ref, o Options) Decision {
	wait := in.Heat.Wait(refs, in.Now)
	d := Decision{Wait: wait}
	if wait > 0 {
		d.Fight = in.Heat.Fight(refs, in.Diffs, in.Now)
		refs = slices.DeleteFunc(slices.Clone(refs), func(r object.Ref) bool {
			return in.Heat.Wait([]object.Ref{r}, in.Now) > 0
		})
	}
	if len(refs) == 0 {
		return d
	}
	o.OutOfSyncOnly, o.Resources = true, refs
	d.Do, d.Options, d.Why = true, o, "self-heal: "+listed(refs)
	return d
}

// healing reports whether an operation put back what differed, and did nothing else.
func healing(last *app.OperationState) bool {
	return last.Operation.InitiatedBy.Automated && last.Operation.Partial()
}

// sortDiffs parts what differs into objects to be written and to be pruned. Nothing is known when an object could not be
// compared.
func sortDiffs(diffs []*diff.Diff) (changed, extra []object.Ref, known bool) {
	for _, d := range diffs {
		switch d.Verdict {
		case diff.Prune:
			extra = append(extra, d.Ref)
		case diff.Create, diff.Differs, diff.Conflict, diff.Immutable, diff.Refused, diff.MissingKind:
			changed = append(changed, d.Ref)
		case diff.NotCompared:
			return nil, nil, false
		case diff.InSync, diff.OwnershipOnly, diff.Foreign:
		}
	}
	return changed, extra, true
}

// news says what there is that has not been tried.
func news(last *app.OperationState, in AutoSyncInput) string {
	if last != nil {
		before := in
		before.Brought = last.Operation.Brought()
		if attempted(last, before) {
			return "what commit " + shorts(in.Commits) + " names elsewhere has changed"
		}
		if before.Sources = sourcesOf(last); attempted(last, before) {
			return "the application asks for something else of commit " + shorts(in.Commits)
		}
	}
	return "new commit " + shorts(in.Commits)
}

// attempted reports whether an operation was a try at the same commits with the same sources, and with the same content
// of what they name elsewhere. Of an application that names the paths that count, commits are the same where these and what was
// rendered are. A dry run is none.
func attempted(last *app.OperationState, in AutoSyncInput) bool {
	if last == nil || last.SyncResult == nil || last.Operation.Sync == nil || last.Operation.Sync.DryRun {
		return false
	}
	r := last.SyncResult
	ids := r.Revisions
	if len(ids) == 0 {
		ids = []string{r.Revision}
	}
	return in.tried(ids, sourcesOf(last), last.Operation.Brought(), last.Operation.Read())
}

// sourcesOf are the sources of the last operation, of which nothing is known where it synced nothing.
func sourcesOf(last *app.OperationState) []app.Source {
	switch r := last.SyncResult; {
	case r == nil:
		return nil
	case r.Source != nil:
		return []app.Source{*r.Source}
	default:
		return r.Sources
	}
}

// tried reports whether an operation of these commits and sources was of what there is now.
func (in *AutoSyncInput) tried(ids []string, sources []app.Source, brought, read string) bool {
	same := slices.EqualFunc(ids, in.Commits, func(id string, c app.Commit) bool { return c.ID == id }) || in.Read != "" && read == in.Read
	a, errA := object.Hash(sources)
	b, errB := object.Hash(in.Sources)
	return same && brought == in.Brought && errA == nil && errB == nil && a == b
}

// superseded reports whether an operation ended after git was last asked: what it was of may be newer than what is known. An
// end that lies in the future is some other clock's, and is not waited for.
func superseded(last *app.OperationState, in AutoSyncInput) bool {
	if last == nil || last.FinishedAt == nil || last.FinishedAt.After(in.Now) {
		return false
	}
	return slices.ContainsFunc(in.Commits, func(c app.Commit) bool { return !c.AsOf.IsZero() && !c.AsOf.After(*last.FinishedAt) })
}

func shorts(commits []app.Commit) string {
	s := make([]string, len(commits))
	for i, c := range commits {
		s[i] = c.Short()
	}
	return strings.Join(s, ", ")
}

func listed(refs []object.Ref) string {
	s := make([]string, len(refs))
	for i, r := range refs {
		s[i] = r.String()
	}
	return strings.Join(s, ", ")
}
