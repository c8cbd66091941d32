package engine

import (
	"context"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// written is a store with a document that another process has written just now.
type written struct {
	Store
	document app.Application
}

func (w written) Load(context.Context, app.Key) (app.Application, error) { return w.document, nil }

// keptLock is a lock that nobody takes away.
type keptLock struct{ Lock }

func (keptLock) Check() error { return nil }

// TestAutomationHeedsWhatWasWrittenJustNow has an application drift at the moment in which another process says that it is to be left
// alone, before anything has told of that. Whatever automation began would end in a port that is not there.
func TestAutomationHeedsWhatWasWrittenJustNow(t *testing.T) {
	t.Parallel()
	drifted := func() app.Application {
		var a app.Application
		a.Metadata.Name = "web"
		a.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true}}
		a.Status.Sync.Status = app.OutOfSync
		return a
	}
	for name, write := range map[string]func(*app.Application){
		"it is paused": func(a *app.Application) {
			annotate(a, map[string]string{app.AnnotationPauseUntil: time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
		},
		"it is pinned":                      func(a *app.Application) { setPin(a, app.Pin{Record: "r1", Reason: "sale"}) },
		"its annotation leaves it alone":    func(a *app.Application) { annotate(a, map[string]string{app.AnnotationSkipReconcile: "true"}) },
		"it is automated no more":           func(a *app.Application) { a.Spec.SyncPolicy = nil },
		"it is to be synced somewhere else": func(a *app.Application) { a.Spec.Destination.Name = "elsewhere" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := drifted()
			write(&a)
			e := New(Ports{Store: written{document: a}}, Options{})
			t.Cleanup(e.Close)
			e.autoLock = keptLock{}
			en := e.entry(a.Key())
			en.adopt(drifted(), time.Now())
			x := &examination{app: drifted(), at: time.Now()}
			x.diffs = []*diff.Diff{{Ref: object.Ref{Kind: "ConfigMap", Name: "a"}, Verdict: diff.Differs}}
			en.last = x
			e.automate(t.Context(), en)
		})
	}
}
