package plan_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatArrivedBeforeAnInterruptionIsDone has one step of an interrupted operation whose outcome nobody wrote down, and finds it done
// where the plan of the rest shows that, and nowhere else.
func TestWhatArrivedBeforeAnInterruptionIsDone(t *testing.T) {
	t.Parallel()
	const a = "ConfigMap/web/a"
	config, space := thing(a), thing("Namespace/web")
	dying := alive(a)
	dying.SetDeletionTimestamp(&metav1.Time{Time: time.Unix(1, 0)})
	gone := map[object.Ref]*unstructured.Unstructured{object.Of(config): nil}
	is := func(u *unstructured.Unstructured) map[object.Ref]*unstructured.Unstructured {
		return map[object.Ref]*unstructured.Unstructured{object.Of(u): u}
	}
	for name, c := range map[string]struct {
		verb  plan.Verb
		marks []app.JournalMark
		of    *unstructured.Unstructured
		rest  *situation
		found map[object.Ref]*unstructured.Unstructured
		want  bool
	}{
		"what was created and is in sync":         {verb: plan.Create, rest: situate().want(diff.InSync, config), want: true},
		"what was changed and is in sync":         {verb: plan.Change, rest: situate().want(diff.InSync, config), want: true},
		"what was taken over and is in sync":      {verb: plan.Own, rest: situate().want(diff.InSync, config), want: true},
		"what was replaced and is in sync":        {verb: plan.Replace, rest: situate().want(diff.InSync, config), want: true},
		"what was not created":                    {verb: plan.Create, rest: situate().want(diff.Create, config)},
		"what was not changed":                    {verb: plan.Change, rest: situate().want(diff.Differs, config)},
		"what was not taken over":                 {verb: plan.Own, rest: situate().want(diff.OwnershipOnly, config)},
		"what was deleted and not made anew":      {verb: plan.Replace, rest: situate().want(diff.Create, config)},
		"what was created and differs by now":     {verb: plan.Create, rest: situate().want(diff.Differs, config)},
		"what is another's by now":                {verb: plan.Change, rest: situate().want(diff.Foreign, config)},
		"what cannot be compared":                 {verb: plan.Change, rest: situate().want(diff.NotCompared, config)},
		"what is asked for no more and was there": {verb: plan.Change, rest: situate().extra(alive(a)), found: is(alive(a))},
		"what is asked for no more and is gone":   {verb: plan.Create, rest: situate(), found: gone},
		"what has become a hook":                  {verb: plan.Create, rest: situate().want(diff.Create, thing(a, "hook=Skip")), found: is(alive(a))},
		"what failed and is in sync":              {verb: plan.Change, marks: []app.JournalMark{app.JournalIntended, app.JournalFailed}, rest: situate().want(diff.InSync, config)},
		"what is done already":                    {verb: plan.Change, marks: []app.JournalMark{app.JournalIntended, app.JournalDone}, rest: situate().want(diff.InSync, config)},
		"the namespace, which was created":        {verb: plan.Create, of: space, rest: situate(), found: is(space), want: true},
		"the namespace, which is not there":       {verb: plan.Create, of: space, rest: situate(), found: map[object.Ref]*unstructured.Unstructured{object.Of(space): nil}},
		"the namespace, whose metadata differed":  {verb: plan.Change, of: space, rest: situate(), found: is(space)},
		"another namespace, asked for no more":    {verb: plan.Create, of: thing("Namespace/other"), rest: situate(), found: is(thing("Namespace/other"))},
		"what was deleted and is gone":            {verb: plan.Delete, rest: situate(), found: gone, want: true},
		"what is being deleted":                   {verb: plan.Delete, rest: situate().extra(dying), found: is(dying), want: true},
		"what was not deleted":                    {verb: plan.Delete, rest: situate().extra(alive(a)), found: is(alive(a))},
		"what was not deleted and is kept":        {verb: plan.Delete, rest: situate().extra(alive(a, "sync-options=Prune=false")), found: is(alive(a))},
		"what cannot be looked for":               {verb: plan.Delete, rest: situate()},
		"what was to be deleted and is wanted":    {verb: plan.Delete, rest: situate().want(diff.InSync, config)},
		"what carries no mark any more":           {verb: plan.HandBack, rest: situate(), found: is(config), want: true},
		"what was handed back and is gone":        {verb: plan.HandBack, rest: situate(), found: gone, want: true},
		"what carries a mark":                     {verb: plan.HandBack, rest: situate(), found: is(alive(a))},
		"whose mark cannot be looked at":          {verb: plan.HandBack, rest: situate()},
		"a hook, which has its own rules":         {verb: plan.RunHook, rest: situate().want(diff.InSync, config), found: is(alive(a))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			of := config
			if c.of != nil {
				of = c.of
			}
			step := plan.Step{ID: "Sync/0/" + c.verb.String() + "/" + object.Of(of).String(), Ref: object.Of(of), Verb: c.verb, Desired: of}
			if c.marks == nil {
				c.marks = []app.JournalMark{app.JournalIntended}
			}
			p := c.rest.build(t)
			if err := plan.Resume(&p, interruptedAt(step, c.marks...), c.found); err != nil {
				t.Fatal(err)
			}
			if got := p.Resumes.Arrived; (len(got) == 1) != c.want || c.want && got[0].Step != step.ID {
				t.Errorf("done are %+v", got)
			}
		})
	}
}

// TestOnlyWhatNoComparisonTellsOfIsLookedFor names what is read before an operation is resumed.
func TestOnlyWhatNoComparisonTellsOfIsLookedFor(t *testing.T) {
	t.Parallel()
	job, wanted, old, done := thing("Job/web/migrate", "hook=PreSync"), thing("ConfigMap/web/a"), thing("ConfigMap/web/old"), thing("ConfigMap/web/done")
	p := situate().want(diff.Create, job).want(diff.InSync, wanted).build(t)
	entry := func(mark app.JournalMark, verb plan.Verb, u *unstructured.Unstructured) app.JournalEntry {
		return app.JournalEntry{Mark: mark, Step: object.Of(u).String(), Ref: object.Of(u), Verb: verb.String()}
	}
	hooks, others := plan.Begun(&p, app.Journal{Entries: []app.JournalEntry{
		entry(app.JournalDone, plan.RunHook, job), entry(app.JournalIntended, plan.Change, wanted),
		entry(app.JournalIntended, plan.Delete, old), entry(app.JournalDone, plan.Delete, done),
	}})
	if len(hooks) != 1 || hooks[0] != object.Of(job) || len(others) != 1 || others[0] != object.Of(old) {
		t.Errorf("looked for are the hooks %v and %v", hooks, others)
	}
}
