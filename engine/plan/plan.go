// Package plan decides what a sync, a rollback or a deletion would do, step by step, before anything is done.
//
// A [Plan] is a value that can be printed, compared by its hash and shown to a person. [Build] makes one of desired
// objects with their comparison, live objects and the application's policy; [Deletion] makes one for the end of an
// application. The order is Argo CD's: phase, wave, kind, name. The engine carries a plan out and does each step as it
// was approved, or not at all.
//
// Everything here is pure: no client, no clock.
package plan

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Plan is what an operation would do.
type Plan struct {
	App app.Key `json:"app"`
	// Kind says whether it is a sync, a rollback, an undo or a deletion.
	Kind app.OperationKind `json:"kind"`
	// Destination and Cluster are where it would be done: the engine refuses to carry the plan out anywhere else.
	Destination app.Destination     `json:"destination"`
	Cluster     app.ClusterIdentity `json:"cluster"`
	Commits     []app.Commit        `json:"commits,omitempty"`
	Sources     []app.Source        `json:"sources,omitempty"`
	// Brought identifies what the commits name elsewhere, as [app.Rendered] has it.
	Brought string `json:"brought,omitempty"`
	// Read identifies what the objects were rendered from, likewise; empty for an application that names no paths.
	Read string `json:"read,omitempty"`
	// Basis is what the plan took from the application: with another one it is no plan of that application.
	Basis Basis `json:"-"`
	// Record is the id of the record that a rollback or an undo goes back to.
	Record string `json:"record,omitempty"`
	// Pin is what a rollback or an undo leaves the application pinned by: its Record is PinHere for the operation's own, and empty where
	// it leaves no pin. A Reason is that of the pin which is put back; one that is new says what was done.
	Pin app.Pin `json:"pin,omitzero"`
	// Only, where it is not nil, names the only objects that may be deleted: those that an undone operation created.
	Only []object.Ref `json:"-"`
	// Kept names the objects that the record of a rollback or an undo had although git did not ask for them.
	Kept    []object.Ref `json:"-"`
	Options Options      `json:"options"`
	// Steps are in the order in which they start. Steps that change nothing are not listed but counted.
	Steps     []Step `json:"steps"`
	Unchanged int    `json:"unchanged"`
	// Unread says of what neither a step nor that count tells: where the application had objects that are asked for no more, and nothing
	// can be read.
	Unread []error `json:"-"`
	// Waits are the declared objects that are not written and that something comes after; Notes name those that it waits for.
	Waits []Wait `json:"-"`
	// rests is the last wave with a declared object that is not written.
	rests *int
	// Guards lists every guard of the plan and its steps.
	Guards []Guard `json:"guards,omitempty"`
	// Notes tell what the plan leaves out and why: skipped hooks, objects kept by Prune=false, kinds that cannot be read.
	Notes []string `json:"notes,omitempty"`
	// Restores are the commits that a rollback makes in git once it has succeeded. Unpins is true when the application is then
	// not pinned: the branches that it follows say what the record has.
	Restores []Restore `json:"restores,omitempty"`
	Unpins   bool      `json:"unpins,omitempty"`
	// Resumes is set when the plan is the rest of an operation that was interrupted.
	Resumes *Resumption `json:"resumes,omitempty"`
	// Hash identifies the steps: two plans with one hash do the same to the same objects.
	Hash string `json:"hash"`
	// Took is how long the comparison with the server took.
	Took time.Duration `json:"took,omitempty"`
	// Desired are all rendered objects, for the record. They are not masked and never shown.
	Desired []*unstructured.Unstructured `json:"-"`
}

// PinHere pins an application at the record of the operation itself.
const PinHere = "this"

// Options are the wishes that a plan was made with.
type Options struct {
	Prune  bool `json:"prune,omitempty"`
	DryRun bool `json:"dryRun,omitempty"`
	// Revisions are synced instead of the followed ones, by the index of the source.
	Revisions map[int]string `json:"revisions,omitempty"`
	// Resources, when not empty, selects the objects; nothing else is done, and hooks are left out unless Hooks is true.
	Resources []object.Ref `json:"resources,omitempty"`
	Hooks     bool         `json:"hooks,omitempty"`
	// Select and Labels, where Resources is empty, say which objects it is to name: those that a selector means and whose
	// labels satisfy the label selector.
	Select []Selector `json:"select,omitempty"`
	Labels string     `json:"labels,omitempty"`
	// Adopt takes over objects that another application or store marked.
	Adopt bool `json:"adopt,omitempty"`
	// Force replaces objects whose change the server refuses as immutable.
	Force bool `json:"force,omitempty"`
	// OutOfSyncOnly leaves ownership-only steps out, as automation's self-heal does.
	OutOfSyncOnly bool `json:"outOfSyncOnly,omitempty"`
	// TakeOver names field managers whose fields become ours, beside kubectl's: what git does not name leaves the cluster.
	TakeOver []string `json:"takeOver,omitempty"`
	// Orphan deletes an application without its objects.
	Orphan bool `json:"orphan,omitempty"`
	// HandBack deletes an application and takes this store's mark off its objects, which stay.
	HandBack bool `json:"handBack,omitempty"`
	// Propagation of deletions: foreground, background or orphan.
	Propagation string `json:"propagation,omitempty"`
	// Commit, of a rollback, has git say what it goes back to.
	Commit *CommitOptions `json:"commit,omitempty"`
	// PinReason, of a rollback, is added to what its pin says, and PinFor is how long the pin holds; 0 is until somebody
	// unpins the application.
	PinReason string        `json:"pinReason,omitempty"`
	PinFor    time.Duration `json:"pinFor,omitempty"`
}

// Phase is a part of a sync. The zero Phase is Sync.
type Phase int

// The phases, and PreDelete and PostDelete of a deletion.
const (
	PreSync    Phase = -1
	Sync       Phase = 0
	PostSync   Phase = 1
	SyncFail   Phase = 2
	PreDelete  Phase = 3
	PostDelete Phase = 4
)

// String returns the phase's name as in hook annotations.
func (p Phase) String() string {
	switch p {
	case PreSync:
		return "PreSync"
	case Sync:
		return "Sync"
	case PostSync:
		return "PostSync"
	case SyncFail:
		return "SyncFail"
	case PreDelete:
		return "PreDelete"
	case PostDelete:
		return "PostDelete"
	}
	return fmt.Sprintf("Phase(%d)", int(p))
}

// MarshalText writes the phase's name.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Verb is what a step does to its object. The zero Verb does nothing.
type Verb int

// The verbs.
const (
	// Keep does nothing: the step is listed because the user should know of it; Step.Reason says why it is kept.
	Keep Verb = iota
	// Create applies an object that is not there.
	Create
	// Change applies an object that is there and differs.
	Change
	// Own applies an object to take ownership of fields; no field changes.
	Own
	// Replace deletes and creates anew, because the server refuses the change in place.
	Replace
	// Delete prunes.
	Delete
	// RunHook creates a hook, deleting an earlier one first where its policy says so.
	RunHook
	// HandBack takes the mark off an object, which stays as it is: whoever asks for it next has it.
	HandBack
)

var verbNames = [...]string{"keep", "create", "change", "own", "replace", "prune", "hook", "unmark"}

// String returns the verb as screens and journals write it.
func (v Verb) String() string {
	if v < 0 || int(v) >= len(verbNames) {
		return fmt.Sprintf("Verb(%d)", int(v))
	}
	return verbNames[v]
}

// MarshalText writes the verb.
func (v Verb) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Step is one act on one object.
type Step struct {
	// ID is stable between plans of the same operation and unique within one: PHASE/WAVE/VERB/kind/namespace/name.
	ID    string     `json:"id"`
	Ref   object.Ref `json:"ref"`
	Verb  Verb       `json:"verb"`
	Phase Phase      `json:"phase"`
	Wave  int        `json:"wave"`
	// Hook is set for hooks, and for the deletion of one that has succeeded.
	Hook *Hook `json:"hook,omitempty"`
	// Reason says in words why the step is there: "2 fields differ", ".spec.clusterIP is immutable", "not in git".
	Reason string `json:"reason,omitempty"`
	// Refused is the server's answer when it would not accept the step; the operation will fail there.
	Refused string `json:"refused,omitempty"`
	// Diff is what may be shown of the step.
	Diff diff.Diff `json:"diff"`
	// Guard names the guard that must be confirmed for this step, empty for none.
	Guard string `json:"guard,omitempty"`
	// Begun is true for a hook that an interrupted operation created and that is waited for, not created again.
	Begun bool `json:"begun,omitempty"`
	// Left is true when the approver left the step out.
	Left bool `json:"left,omitempty"`
	// Lenient lets fields pass that the schema does not know.
	Lenient bool `json:"lenient,omitempty"`
	// Desired is what is applied, with its mark and not masked: it is never shown. Nil for deletions.
	Desired *unstructured.Unstructured `json:"-"`
	// Live is the object that was compared; nil when there was none. Never shown.
	Live *unstructured.Unstructured `json:"-"`
}

// Unknown reports whether nobody can tell what a step would do, since it cannot be read whether its object is there.
func (s *Step) Unknown() bool {
	return s.Verb == Create && s.Refused != "" && s.Diff.Verdict == diff.NotCompared
}

// Fails reports whether a step that is shown as refused would be refused whatever was done before it: nobody serves its kind, what it
// asks for is not valid or cannot be changed, or nobody could ask what would happen.
func (s *Step) Fails() bool {
	if s.Refused == "" || s.Left {
		return false
	}
	switch s.Diff.Verdict {
	case diff.MissingKind, diff.Immutable, diff.NotCompared:
		return true
	case diff.Refused:
		return s.Diff.Invalid
	case diff.InSync, diff.OwnershipOnly, diff.Differs, diff.Create, diff.Prune, diff.Conflict, diff.Foreign:
	}
	return false
}

// Risks reports whether a plan runs a hook or deletes something beside creations, of which the server may not have been asked.
func (p *Plan) Risks() bool {
	takes := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Verb == Delete || s.Verb == RunHook })
	return takes && slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Verb == Create })
}

// Hook says when a hook runs and when it is deleted.
type Hook struct {
	Phase Phase `json:"phase"`
	// BeforeCreation, OnSuccess and OnFailure are the deletion policies.
	BeforeCreation bool `json:"beforeCreation,omitempty"`
	OnSuccess      bool `json:"onSuccess,omitempty"`
	OnFailure      bool `json:"onFailure,omitempty"`
}

// Guard is a reason to ask before, or to refuse, a step or a whole plan.
type Guard struct {
	// Name is what --confirm and the typed confirmation repeat, such as "prune:PersistentVolumeClaim/web/data".
	Name string `json:"name"`
	// Message says what would be lost.
	Message string `json:"message"`
	// Step is the id of the guarded step, empty for a guard of the whole plan.
	Step string `json:"step,omitempty"`
	// Refuse is true when no confirmation is enough.
	Refuse bool `json:"refuse,omitempty"`
}

// Counts sums a plan up.
type Counts struct {
	Create, Change, Own, Replace, Prune, Hook, HandBack, Keep, Refused int
	// Unknown are those of which nobody can tell what they would do; they count as nothing else.
	Unknown int
}

// Counts returns how many steps there are of each kind; steps that were left out do not count.
func (p *Plan) Counts() Counts {
	var c Counts
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Left {
			continue
		}
		if s.Unknown() {
			c.Unknown++
			continue
		}
		if s.Refused != "" {
			c.Refused++
		}
		switch s.Verb {
		case Keep:
			c.Keep++
		case Create:
			c.Create++
		case Change:
			c.Change++
		case Own:
			c.Own++
		case Replace:
			c.Replace++
		case Delete:
			c.Prune++
		case RunHook:
			c.Hook++
		case HandBack:
			c.HandBack++
		}
	}
	return c
}

// Empty reports whether carrying the plan out would write nothing.
func (p *Plan) Empty() bool {
	c := p.Counts()
	return c.Create+c.Change+c.Own+c.Replace+c.Prune+c.Hook+c.HandBack+c.Unknown == 0
}
