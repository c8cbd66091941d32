package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestAPinEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	var a app.Application
	setPin(&a, app.Pin{Record: "r3", Reason: "sale", Until: began.Add(time.Hour)})
	want := &app.Pin{Record: "r3", Reason: "sale", Until: began.Add(time.Hour)}
	if d := cmp.Diff(want, pinOf(&a, began)); d != "" {
		t.Errorf("the pin reads back differently:\n%s", d)
	}
	for range 2 {
		a.Metadata.Annotations[app.AnnotationPinUntil] = began.Add(time.Hour).In(time.FixedZone("", 5*3600+1800)).Format(time.RFC3339)
		if p := pinOf(&a, began); p == nil || *p != *want {
			t.Errorf("a time of another zone is read as %+v", p)
		}
	}
	if p := pinOf(&a, began.Add(time.Hour)); p != nil {
		t.Errorf("an hour later it is %+v", p)
	}
	setPin(&a, app.Pin{Record: "r3"})
	if p := pinOf(&a, began.AddDate(10, 0, 0)); p == nil || !p.Until.IsZero() {
		t.Errorf("a pin without an end is %+v ten years later", p)
	}
	setPin(&a, app.Pin{Reason: "nobody sees this"})
	if len(a.Metadata.Annotations) > 0 {
		t.Errorf("unpinned it keeps %v", a.Metadata.Annotations)
	}
}

// TestAnInterruptedOperationKnowsItsOwnPin tells the pin that a rollback or an undo has set before it was interrupted from one of a person.
func TestAnInterruptedOperationKnowsItsOwnPin(t *testing.T) {
	t.Parallel()
	before := app.Pin{Record: "r9", Reason: "until the sale is over", Until: began}
	persons := app.Pin{Record: "r8", Reason: "look into it first"}
	for name, c := range map[string]struct{ planned, now, want app.Pin }{
		"a rollback's":           {app.Pin{Record: "r3"}, app.Pin{Record: "r3", Reason: "has not succeeded"}, before},
		"an undo's that is new":  {app.Pin{Record: plan.PinHere}, app.Pin{Record: "op-1"}, before},
		"a person's":             {app.Pin{Record: "r3"}, persons, persons},
		"that of before":         {app.Pin{Record: "r3"}, before, before},
		"none, as it was undone": {app.Pin{Record: "r3"}, app.Pin{}, app.Pin{}},
		"a sync has none":        {app.Pin{}, app.Pin{}, app.Pin{}},
	} {
		head := &app.JournalHead{ID: "op-1", Pinned: before, Pin: c.planned}
		if got := pinnedBefore(head, c.now); got != c.want {
			t.Errorf("%s: the pin of before is %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAPauseEndsWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	var a app.Application
	if p := pauseOf(&a, began); p != nil {
		t.Errorf("without a pause it is %+v", p)
	}
	annotate(&a, map[string]string{app.AnnotationPauseUntil: began.Add(time.Minute).Format(time.RFC3339), app.AnnotationPauseReason: "by ada"})
	if p := pauseOf(&a, began); p == nil || p.Reason != "by ada" {
		t.Errorf("the pause is %+v", p)
	}
	v := View{Pause: pauseOf(&a, began), Pin: &app.Pin{Record: "r1", Until: began.Add(time.Hour)}}
	if wait := untilFree(&v, began); wait != time.Hour {
		t.Errorf("automation waits %s", wait)
	}
	if p := pauseOf(&a, began.Add(time.Minute)); p != nil {
		t.Errorf("a minute later it is %+v", p)
	}
	annotate(&a, map[string]string{app.AnnotationPauseUntil: "soon"})
	if p := pauseOf(&a, began); p != nil {
		t.Errorf("a time that is none pauses: %+v", p)
	}
}

func TestConditionsSayWhyAutomationDoesNothing(t *testing.T) {
	t.Parallel()
	other := app.Condition{Type: app.ConditionForeign, Message: "somebody else's"}
	refused := app.Condition{Type: app.ConditionSyncError, Message: "Failed last sync attempt"}
	for name, c := range map[string]struct {
		before []app.Condition
		d      plan.Decision
		want   []app.ConditionType
	}{
		"nothing to say leaves others and refusals": {[]app.Condition{other, refused}, plan.Decision{}, []app.ConditionType{other.Type, refused.Type}},
		"a fight is told":                    {nil, plan.Decision{Fight: "by hpa"}, []app.ConditionType{app.ConditionFight}},
		"a fight that is over is not":        {[]app.Condition{{Type: app.ConditionFight, Message: "by hpa"}}, plan.Decision{}, nil},
		"a pause is told beside a refusal":   {[]app.Condition{refused}, plan.Decision{Paused: "4 of 9"}, []app.ConditionType{refused.Type, app.ConditionPaused}},
		"a pause that is over is not":        {[]app.Condition{{Type: app.ConditionPaused, Message: "4 of 9"}}, plan.Decision{Do: true}, nil},
		"a new refusal replaces the old one": {[]app.Condition{refused}, plan.Decision{Blocked: "it would delete everything"}, []app.ConditionType{app.ConditionSyncError}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []app.ConditionType
			for _, x := range told(c.before, c.d, began) {
				got = append(got, x.Type)
				if x.Message == refused.Message && c.d.Blocked != "" {
					t.Error("the old refusal stayed")
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestAPinSaysWhatItsRecordIs has a record be gone back to, or be the one of the operation that went back.
func TestAPinSaysWhatItsRecordIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    plan.Plan
		want string
	}{
		"a rollback":                {plan.Plan{Kind: app.KindRollback, Record: "r3", Pin: app.Pin{Record: "r3"}}, "rolled back to r3 by ada"},
		"an undo, back to a record": {plan.Plan{Kind: app.KindUndo, Record: "r3", Pin: app.Pin{Record: "r3"}}, "the operation after it was undone by ada"},
		"an undo, back to nothing":  {plan.Plan{Kind: app.KindUndo, Pin: app.Pin{Record: plan.PinHere}}, "the operation before it was undone by ada"},
	} {
		if got := whyPinned(&c.p, "ada"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWhatAnOperationPins has a pin be new, be put back, and hold although the record of its operation was lost.
func TestWhatAnOperationPins(t *testing.T) {
	t.Parallel()
	before := app.Pin{Record: "r2", Reason: "sale (ada)", Until: began.Add(time.Hour)}
	for name, c := range map[string]struct {
		kind   app.OperationKind
		pin    app.Pin
		record string
		want   app.Pin
	}{
		"a rollback":                        {app.KindRollback, app.Pin{Record: "r3"}, "r5", app.Pin{Record: "r3", Reason: "rolled back to r3 by ada"}},
		"an undo to nothing":                {app.KindUndo, app.Pin{Record: plan.PinHere}, "r5", app.Pin{Record: "r5", Reason: "the operation before it was undone by ada"}},
		"an undo to nothing without record": {app.KindUndo, app.Pin{Record: plan.PinHere}, "", app.Pin{Record: "op-a", Reason: "the operation before it was undone by ada"}},
		"a pin that is put back":            {app.KindUndo, before, "r5", before},
		"none that is put back":             {app.KindUndo, app.Pin{}, "r5", app.Pin{Reason: "the operation after it was undone by ada"}},
	} {
		op := &operation{
			principal: app.Principal{Name: "ada"}, run: &Run{id: "op-a"}, plan: plan.Plan{Kind: c.kind, Record: "r3", Pin: c.pin},
		}
		if got := op.pins(app.Record{ID: c.record}); got != c.want {
			t.Errorf("%s: it pins %+v, want %+v", name, got, c.want)
		}
	}
}

// TestOnlyWhatWroteNothingLetsItsPinGo asks the journal of a rollback that failed.
func TestOnlyWhatWroteNothingLetsItsPinGo(t *testing.T) {
	t.Parallel()
	ref := object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "a"}
	for name, c := range map[string]struct {
		entry app.JournalEntry
		want  bool
	}{
		"a change that was refused":                             {entryOf(app.JournalFailed, "1", plan.Change, ref), false},
		"a change that was made":                                {entryOf(app.JournalDone, "1", plan.Change, ref), true},
		"a change of which nobody knows":                        {entryOf(app.JournalIntended, "1", plan.Change, ref), true},
		"a replacement of which the second half may be missing": {entryOf(app.JournalFailed, "1", plan.Replace, ref), true},
	} {
		if got := mayHaveWritten(c.entry); got != c.want {
			t.Errorf("%s: it may have written: %t", name, got)
		}
	}
}
