package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// An operation whose process died is planned anew: what it had applied differs no more, and is no step; later waves wait for
// it as for all that is unchanged. Only hooks need its journal, for one that has run must not run again, and one whose fate is not
// known only when a person says so; of all else the journal is told what the new plan shows to be done.

// Resumption says which operation a plan goes on with.
type Resumption struct {
	// Operation is the id of the operation.
	Operation string `json:"operation"`
	// Entries is how long its journal was when the plan was made: a longer one has moved since.
	Entries int `json:"-"`
	// Arrived are its steps without an outcome that were done all the same, as their objects show.
	Arrived []app.JournalEntry `json:"-"`
}

// HookName makes the name of a hook that asks for a generated one; the same operation and step give the same name.
func HookName(prefix, operation, step string) string {
	sum := sha256.Sum256([]byte(operation + step))
	return prefix + hex.EncodeToString(sum[:generatedBytes])
}

// generatedBytes are those of which the generated part of a hook's name is made, two letters of each.
const generatedBytes = 4

// madeFrom reports whether [HookName] has made a name from a prefix, and not from a longer one that begins alike.
func madeFrom(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && len(name) == len(prefix)+2*generatedBytes
}

// HookRef names the object that a hook's step makes in an operation.
func HookRef(s *Step, operation string) object.Ref {
	ref := s.Ref
	if s.Desired.GetName() == "" {
		ref.Name = HookName(s.Desired.GetGenerateName(), operation, s.ID)
	}
	return ref
}

// OfStep reports whether the live object of a hook was made for a step, and not for another phase of the hook. One that says nothing was
// made by a version that did not write it, and is taken for the step's.
func OfStep(live *unstructured.Unstructured, step string) bool {
	of, said := live.GetAnnotations()[object.AnnotationStep]
	return !said || of == step
}

// Resume turns the plan of an operation, made anew, into the rest of it. Found are the live objects that [Begun] names, nil for one that
// is not there; what could not be read is not in it.
func Resume(p *Plan, j app.Journal, found map[object.Ref]*unstructured.Unstructured) error {
	p.Resumes = &Resumption{Operation: j.Head.ID, Entries: len(j.Entries), Arrived: arrived(p, j, found)}
	last := map[string]app.JournalEntry{}
	for _, e := range j.Last() {
		last[e.Step] = e
	}
	left := map[string]bool{}
	for _, id := range j.Head.Left {
		left[deed(id)] = true
	}
	r := resumer{plan: p, operation: j.Head.ID, started: started(j), found: found}
	for _, s := range p.Steps {
		if e, begun := last[s.ID]; begun && s.Verb == RunHook {
			r.hook(s, e)
			continue
		}
		s.Left = left[deed(s.ID)]
		r.steps = append(r.steps, s)
	}
	p.Steps = r.steps
	sortSteps(p.Steps)
	return name(p)
}

// deed is what a step's id says of it that a plan of the rest has alike: its phase and its object. The wave of a deletion depends on what
// else is deleted, and the verb on what others do to the object.
func deed(id string) string {
	parts := strings.SplitN(id, "/", 4)
	if len(parts) != 4 {
		return id
	}
	return parts[0] + "/" + parts[3]
}

// started names the steps of hooks that are known to have been created.
func started(j app.Journal) map[string]bool {
	out := map[string]bool{}
	for _, e := range j.Entries {
		if e.Mark == app.JournalStarted {
			out[e.Step] = true
		}
	}
	return out
}

// resumer collects the steps that are left.
type resumer struct {
	plan      *Plan
	operation string
	started   map[string]bool
	found     map[object.Ref]*unstructured.Unstructured
	steps     []Step
}

// hook adds what is left of a hook that was begun.
func (r *resumer) hook(s Step, e app.JournalEntry) {
	ref := HookRef(&s, r.operation)
	live := r.found[ref]
	ours := live != nil && live.GetAnnotations()[object.AnnotationOperation] == r.operation && OfStep(live, s.ID)
	switch {
	case e.Mark == app.JournalDone:
		if !ours || !s.Hook.OnSuccess {
			r.plan.dropGuard(s.Guard)
		}
		r.plan.Notes = append(r.plan.Notes, fmt.Sprintf("hook %s has run already: %s", ref, e.Message))
		if ours && s.Hook.OnSuccess {
			end := Step{
				Ref: ref, Verb: Delete, Phase: s.Phase, Wave: s.Wave, Hook: s.Hook, Live: live, Guard: s.Guard,
				Reason: "hook that has succeeded; its policy deletes it when all is done",
			}
			if r.again(&s) {
				end.Hook, end.Reason = nil, "hook that has succeeded; its policy deletes it, before it runs again"
			}
			r.steps = append(r.steps, end)
		}
		return
	case e.Mark == app.JournalSkipped:
		r.plan.dropGuard(s.Guard)
		r.plan.Notes = append(r.plan.Notes, fmt.Sprintf("hook %s is not waited for: %s", ref, e.Message))
		return
	case e.Mark == app.JournalFailed:
		s.Reason = "it failed before the interruption: " + e.Message
	case ours:
		s.Begun, s.Reason = true, "begun before the interruption; its end is awaited"
		if !s.Hook.OnSuccess && !s.Hook.OnFailure {
			r.plan.dropGuard(s.Guard)
			s.Guard = ""
		}
	case live != nil && s.Hook.BeforeCreation && !r.started[s.ID]:
		// The earlier one, of another operation or phase, would have been deleted first: this one was not created.
		s.Reason += "; the interrupted operation did not come to create it"
	case s.Guard != "":
		// Its deletion is asked about.
		s.Reason = WhyUnknown(ref, r.started[s.ID])
	default:
		s.Guard = "hook:" + ref.String()
		s.Reason = WhyUnknown(ref, r.started[s.ID])
		r.plan.Guards = append(r.plan.Guards, Guard{Name: s.Guard, Message: guardMessage(&s, r.plan.Options.Propagation)})
	}
	r.steps = append(r.steps, s)
}

// again reports whether the hook of a step runs in a later phase too, under the same name.
func (r *resumer) again(s *Step) bool {
	return s.Ref.Name != "" && slices.ContainsFunc(r.plan.Steps, func(o Step) bool {
		return o.Verb == RunHook && o.Ref == s.Ref && slot{s.Phase, s.Wave}.before(slot{o.Phase, o.Wave})
	})
}

// WhyUnknown says why the outcome of a hook cannot be known.
func WhyUnknown(ref object.Ref, created bool) string {
	if created {
		return ref.String() + " was created, and vanished before its result was seen"
	}
	return "nobody knows whether " + ref.String() + " has run: the operation was interrupted as it was created"
}

// slotOf reads phase and wave of a step's id.
func slotOf(id string) (slot, bool) {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) != 3 {
		return slot{}, false
	}
	wave, err := strconv.Atoi(parts[1])
	for _, p := range []Phase{PreSync, Sync, PostSync, SyncFail, PreDelete, PostDelete} {
		if p.String() == parts[0] {
			return slot{p, wave}, err == nil
		}
	}
	return slot{}, false
}

// PhaseOf returns the phase that a step's id names, empty when it names none.
func PhaseOf(id string) string {
	if at, ok := slotOf(id); ok {
		return at.phase.String()
	}
	return ""
}

// OpenHooks returns the hooks of interrupted operations whose outcome is not known.
func OpenHooks(journals []app.Journal) []app.JournalEntry {
	var out []app.JournalEntry
	for _, j := range journals {
		for _, e := range j.Last() {
			if e.Open() && e.Verb == RunHook.String() {
				out = append(out, e)
			}
		}
	}
	return out
}

// OpenHook is a hook of an interrupted operation whose outcome is not known, with what is known about it.
type OpenHook struct {
	Step string
	Ref  object.Ref
	Why  string
	// Running is its object where that still runs for the interrupted operation.
	Running *unstructured.Unstructured
}

// GuardHooks guards the hooks of a new plan that an interrupted operation may have run, or still runs.
func GuardHooks(p *Plan, open []OpenHook) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		at := slices.IndexFunc(open, func(o OpenHook) bool { return o.Step == s.ID || s.Ref.Name != "" && o.Ref == s.Ref })
		if at < 0 || s.Verb != RunHook || s.Guard != "" {
			continue
		}
		s.Guard, s.Reason = "hook:"+open[at].Ref.String(), open[at].Why
		p.Guards = append(p.Guards, Guard{Name: s.Guard, Message: guardMessage(s, p.Options.Propagation)})
	}
	return name(p)
}
