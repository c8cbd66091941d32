package plan_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// interruptedAt is the journal of an operation that noted these marks about its one hook.
func interruptedAt(step plan.Step, marks ...app.JournalMark) app.Journal {
	j := app.Journal{Head: app.JournalHead{ID: "op-1", Kind: app.KindSync}}
	for _, m := range marks {
		j.Entries = append(j.Entries, app.JournalEntry{Mark: m, Step: step.ID, Ref: plan.HookRef(&step, "op-1"), Verb: step.Verb.String(), Message: "said"})
	}
	return j
}

// ranIn is a hook as a step of an operation created it.
func ranIn(step string, live *unstructured.Unstructured) *unstructured.Unstructured {
	a := live.GetAnnotations()
	a[object.AnnotationStep] = step
	live.SetAnnotations(a)
	return live
}

// ran is a hook as an operation created it that does not say for which step.
func ran(operation string, u *unstructured.Unstructured) *unstructured.Unstructured {
	live := u.DeepCopy()
	a := live.GetAnnotations()
	a[object.AnnotationOperation] = operation
	live.SetAnnotations(a)
	return live
}

// TestResumeNeverRunsAHookAgainByItself decides about one hook of an interrupted operation.
func TestResumeNeverRunsAHookAgainByItself(t *testing.T) {
	t.Parallel()
	const intended, started, done, failed = app.JournalIntended, app.JournalStarted, app.JournalDone, app.JournalFailed
	for name, c := range map[string]struct {
		policy string
		marks  []app.JournalMark
		// of is the operation that created what is found, empty for nothing.
		of string
		// step is what is left: "" for nothing.
		step, guard, note string
	}{
		"one that was not begun is run":                       {step: "hook"},
		"one that has ended is not run again":                 {marks: []app.JournalMark{intended, started, done}, of: "op-1", note: "has run already: said"},
		"one that has ended and is gone is not run again":     {marks: []app.JournalMark{intended, started, done}, note: "has run already"},
		"one that has ended is deleted where it was to be":    {policy: "HookSucceeded", marks: []app.JournalMark{intended, started, done}, of: "op-1", step: "prune", note: "has run already"},
		"one that was skipped is neither run nor deleted":     {policy: "HookSucceeded", marks: []app.JournalMark{intended, started, app.JournalSkipped}, of: "op-1", note: "is not waited for: said"},
		"one that is there is waited for":                     {marks: []app.JournalMark{intended}, of: "op-1", step: "begun"},
		"one that was created and is there is waited for":     {marks: []app.JournalMark{intended, started}, of: "op-1", step: "begun"},
		"one that is not there is asked about":                {marks: []app.JournalMark{intended}, step: "hook", guard: "hook:Job/web/migrate"},
		"one that was created and vanished is asked about":    {marks: []app.JournalMark{intended, started}, step: "hook", guard: "hook:Job/web/migrate"},
		"an earlier one that is there says that it is to run": {marks: []app.JournalMark{intended}, of: "op-0", step: "hook"},
		"an earlier one that is there says nothing where it would not have been deleted": {
			policy: "HookFailed", marks: []app.JournalMark{intended}, of: "op-0", step: "hook", guard: "hook:Job/web/migrate",
		},
		"another one in the place of one that was created is asked about": {
			marks: []app.JournalMark{intended, started}, of: "op-2", step: "hook", guard: "hook:Job/web/migrate",
		},
		"one that failed is run again": {marks: []app.JournalMark{intended, started, failed}, of: "op-1", step: "hook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := thing("Job/web/migrate", "hook=PreSync")
			if c.policy != "" {
				job = thing("Job/web/migrate", "hook=PreSync", "hook-delete-policy="+c.policy)
			}
			p := situate().want(diff.Create, job).build(t)
			j := interruptedAt(only(t, p), c.marks...)
			found := map[object.Ref]*unstructured.Unstructured{}
			if c.of != "" {
				found[object.Of(job)] = ran(c.of, job)
			}
			if err := plan.Resume(&p, j, found); err != nil {
				t.Fatal(err)
			}
			if p.Resumes == nil || p.Resumes.Operation != "op-1" || p.Resumes.Entries != len(c.marks) {
				t.Errorf("the plan goes on with %+v", p.Resumes)
			}
			if got := strings.Join(guards(p), " "); got != c.guard {
				t.Errorf("the guards are %q, want %q", got, c.guard)
			}
			if got := strings.Join(p.Notes, " "); !strings.Contains(got, c.note) || (c.note == "") != (got == "") {
				t.Errorf("the notes are %q, want %q", got, c.note)
			}
			if c.step == "" {
				if len(p.Steps) > 0 {
					t.Errorf("the steps are %v", ids(p))
				}
				return
			}
			s := only(t, p)
			word := s.Verb.String()
			if s.Begun {
				word = "begun"
			}
			if atEnd := len(p.Groups()) == 0; atEnd != (word == "prune") {
				t.Errorf("it comes after all else: %t", atEnd)
			}
			if word != c.step || s.Guard != c.guard {
				t.Errorf("the step is %q with the guard %q, want %q with %q", word, s.Guard, c.step, c.guard)
			}
			if c.guard != "" && p.Guards[0].Step != s.ID {
				t.Errorf("the guard is of the step %q, want %q", p.Guards[0].Step, s.ID)
			}
		})
	}
}

// TestAHookOfTwoPhasesIsToldByItsStep has a hook that runs before and after a sync, and that is there as one of its steps made it.
func TestAHookOfTwoPhasesIsToldByItsStep(t *testing.T) {
	t.Parallel()
	const intended, started, done = app.JournalIntended, app.JournalStarted, app.JournalDone
	const before, after = "PreSync/0/hook/Job/web/twice", "PostSync/0/hook/Job/web/twice"
	for name, c := range map[string]struct {
		policy string
		second []app.JournalMark
		// of is the step that made what is found.
		of string
		// step is what is left, and guard what is asked.
		step, guard string
	}{
		"the object of the first run is none of the second":             {second: []app.JournalMark{intended}, of: before, step: "hook"},
		"the object of the second run is waited for":                    {second: []app.JournalMark{intended}, of: after, step: "begun"},
		"what does not say is taken for the second run":                 {second: []app.JournalMark{intended}, step: "begun"},
		"the second run, which vanished, is asked about":                {second: []app.JournalMark{intended, started}, of: before, step: "hook", guard: "hook:Job/web/twice"},
		"the second run is not deleted because the first has ended":     {policy: "HookSucceeded", second: []app.JournalMark{intended, started}, of: after, step: "begun"},
		"the first run, which is there, is where its policy deletes it": {policy: "HookSucceeded,BeforeHookCreation", second: []app.JournalMark{intended}, of: before, step: "prune hook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := thing("Job/web/twice", "hook=PreSync,PostSync")
			if c.policy != "" {
				job = thing("Job/web/twice", "hook=PreSync,PostSync", "hook-delete-policy="+c.policy)
			}
			p := situate().want(diff.Create, job).build(t)
			if got := ids(p); len(got) != 2 || got[0] != before || got[1] != after {
				t.Fatalf("the steps are %v", got)
			}
			j := interruptedAt(p.Steps[0], intended, started, done)
			j.Entries = append(j.Entries, interruptedAt(p.Steps[1], c.second...).Entries...)
			live := ran("op-1", job)
			if c.of != "" {
				live = ranIn(c.of, live)
			}
			if err := plan.Resume(&p, j, map[object.Ref]*unstructured.Unstructured{object.Of(job): live}); err != nil {
				t.Fatal(err)
			}
			if n := len(p.Groups()); n != len(p.Steps) {
				t.Errorf("%d groups have the %d steps", n, len(p.Steps))
			}
			var words []string
			for _, s := range p.Steps {
				word := s.Verb.String()
				if s.Begun {
					word = "begun"
				}
				words = append(words, word)
			}
			if got := strings.Join(words, " "); got != c.step {
				t.Errorf("what is left is %q, want %q", got, c.step)
			}
			if got := strings.Join(guards(p), " "); got != c.guard {
				t.Errorf("the guards are %q, want %q", got, c.guard)
			}
		})
	}
}

// TestAHookIsCalledTheSameAfterAnInterruption holds names that are made of operation and step.
func TestAHookIsCalledTheSameAfterAnInterruption(t *testing.T) {
	t.Parallel()
	job := thing("Job/web/", "hook=PreSync")
	job.SetGenerateName("migrate-")
	first, again := situate().want(diff.Create, job).build(t), situate().want(diff.Create, job).build(t)
	a, b := only(t, first), only(t, again)
	if x, y := plan.HookRef(&a, "op-1"), plan.HookRef(&b, "op-1"); x != y || !strings.HasPrefix(x.Name, "migrate-") || len(x.Name) != len("migrate-")+8 {
		t.Errorf("one operation calls its hook %s and %s", x, y)
	}
	if x, y := plan.HookRef(&a, "op-1"), plan.HookRef(&b, "op-2"); x == y {
		t.Errorf("two operations call their hooks %s", x)
	}
	if err := plan.Resume(&again, interruptedAt(a, app.JournalIntended), map[object.Ref]*unstructured.Unstructured{
		plan.HookRef(&a, "op-1"): ran("op-1", job),
	}); err != nil {
		t.Fatal(err)
	}
	if !only(t, again).Begun {
		t.Error("a hook with a generated name is not found again")
	}
}

// TestTheHashOfARestSaysWhatIsLeft has two rests of one operation that do different things with the same steps.
func TestTheHashOfARestSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	job := thing("Job/web/migrate", "hook=PreSync")
	rest := func(left []string, found *unstructured.Unstructured, marks ...app.JournalMark) plan.Plan {
		p := situate().want(diff.Create, job, thing("ConfigMap/web/a")).build(t)
		j := interruptedAt(p.Steps[0], marks...)
		j.Head.Left = left
		if err := plan.Resume(&p, j, map[object.Ref]*unstructured.Unstructured{object.Of(job): found}); err != nil {
			t.Fatal(err)
		}
		if len(p.Steps) != 2 {
			t.Fatalf("got steps %v", ids(p))
		}
		return p
	}
	again := rest(nil, nil, app.JournalIntended, app.JournalFailed)
	if awaited := rest(nil, ran("op-1", job), app.JournalIntended); !awaited.Steps[0].Begun || awaited.Hash == again.Hash {
		t.Errorf("a hook that is waited for, and one that is run again: %s", again.Hash)
	}
	if without := rest([]string{again.Steps[1].ID}, nil, app.JournalIntended, app.JournalFailed); !without.Steps[1].Left || without.Hash == again.Hash {
		t.Errorf("without a step that was left out, and with it: %s", again.Hash)
	}
}

// TestANewPlanAsksAboutHooksOfAnInterruptedOne guards a hook that may have run, in a sync that is no resumption.
func TestANewPlanAsksAboutHooksOfAnInterruptedOne(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.Create, thing("Job/web/migrate", "hook=PreSync"), thing("Job/web/other", "hook=PreSync")).build(t)
	open := plan.OpenHooks([]app.Journal{interruptedAt(p.Steps[0], app.JournalIntended), interruptedAt(p.Steps[1], app.JournalIntended, app.JournalDone)})
	if len(open) != 1 {
		t.Fatalf("open are %+v", open)
	}
	before := p.Hash
	if err := plan.GuardHooks(&p, []plan.OpenHook{{Step: open[0].Step, Ref: open[0].Ref, Why: "nobody knows"}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(guards(p), " "); got != "hook:Job/web/migrate" || p.Guards[0].Step != p.Steps[0].ID || p.Hash == before {
		t.Errorf("the guards are %+v", p.Guards)
	}
}

// TestAnUndoDeletesWhatTheOperationMade keeps what was there before it.
func TestAnUndoDeletesWhatTheOperationMade(t *testing.T) {
	t.Parallel()
	s := situate().extra(alive("ConfigMap/web/made"), alive("ConfigMap/web/adopted"), alive("ConfigMap/web/a"), alive("ConfigMap/web/b"), alive("ConfigMap/web/c"))
	s.in.Kind, s.in.Only = app.KindUndo, []object.Ref{{Kind: "ConfigMap", Namespace: "web", Name: "made"}}
	p := s.build(t)
	if c := p.Counts(); c.Prune != 1 || c.Keep != 4 || len(p.Guards) > 0 {
		t.Errorf("the plan deletes %d and keeps %d, with the guards %v", c.Prune, c.Keep, guards(p))
	}
	for _, st := range p.Steps {
		if (st.Verb == plan.Delete) != (st.Ref.Name == "made") {
			t.Errorf("%s: %s, %s", st.Ref, st.Verb, st.Reason)
		}
	}
}

// TestWhatWasLeftOutStaysOutOfTheRest leaves the second of two prunes out, is interrupted after the first, and plans the rest, in which the
// wave of the one that is left is another one.
func TestWhatWasLeftOutStaysOutOfTheRest(t *testing.T) {
	t.Parallel()
	a, b := alive("ConfigMap/web/a"), alive("ConfigMap/web/b", "sync-wave=1")
	whole := situate().extra(a, b).build(t)
	j := app.Journal{Head: app.JournalHead{ID: "op-1", Kind: app.KindSync}}
	for i := range whole.Steps {
		if s := &whole.Steps[i]; s.Ref == object.Of(b) {
			j.Head.Left = append(j.Head.Left, s.ID)
		}
	}
	rest := situate().extra(b).build(t)
	if before := j.Head.Left[0]; only(t, rest).ID == before {
		t.Fatalf("the step has the same id: %s", before)
	}
	if err := plan.Resume(&rest, j, nil); err != nil {
		t.Fatal(err)
	}
	if s := only(t, rest); !s.Left {
		t.Errorf("%s is not left out any more", s.ID)
	}
	other := situate().extra(a, b).build(t)
	if err := plan.Resume(&other, j, nil); err != nil {
		t.Fatal(err)
	}
	for i := range other.Steps {
		if s := &other.Steps[i]; s.Left != (s.Ref == object.Of(b)) {
			t.Errorf("%s is left out: %t", s.ID, s.Left)
		}
	}
}
