package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Pins and pauses are annotations of the application, so that they go where its document goes, and every console and
// command heeds them. One whose time is over counts as none.

// pinOf reads the pin of an application that holds at a time; nil is none.
func pinOf(a *app.Application, now time.Time) *app.Pin {
	n := a.Metadata.Annotations
	p := holding(app.Pin{Record: n[app.AnnotationPin], Reason: n[app.AnnotationPinReason], Until: timeOf(n[app.AnnotationPinUntil])}, now)
	if p.Record == "" {
		return nil
	}
	return &p
}

// holding returns a pin, the zero Pin when it is over at a time.
func holding(p app.Pin, now time.Time) app.Pin {
	if p.Record == "" || !p.Until.IsZero() && !p.Until.After(now) {
		return app.Pin{}
	}
	return p
}

// pinHeld is pinOf with the zero Pin for none.
func pinHeld(a *app.Application, now time.Time) app.Pin {
	if p := pinOf(a, now); p != nil {
		return *p
	}
	return app.Pin{}
}

// pauseOf reads the pause of an application that holds at a time; nil is none.
func pauseOf(a *app.Application, now time.Time) *Pause {
	n := a.Metadata.Annotations
	p := Pause{Until: timeOf(n[app.AnnotationPauseUntil]), Reason: n[app.AnnotationPauseReason]}
	if !p.Until.After(now) {
		return nil
	}
	return &p
}

// timeOf reads a time, as one in UTC, so that two readings are equal; a text that is none is the zero time.
func timeOf(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// setPin writes or, without a record, removes the pin of an application.
func setPin(a *app.Application, p app.Pin) {
	until := ""
	if !p.Until.IsZero() {
		until = p.Until.UTC().Format(time.RFC3339)
	}
	if p.Record == "" {
		p.Reason, until = "", ""
	}
	annotate(a, map[string]string{app.AnnotationPin: p.Record, app.AnnotationPinReason: p.Reason, app.AnnotationPinUntil: until})
}

// annotate writes annotations; empty ones are removed.
func annotate(a *app.Application, values map[string]string) {
	for k, v := range values {
		if v == "" {
			delete(a.Metadata.Annotations, k)
			continue
		}
		if a.Metadata.Annotations == nil {
			a.Metadata.Annotations = map[string]string{}
		}
		a.Metadata.Annotations[k] = v
	}
}

// PinRequest says how an application is pinned.
type PinRequest struct {
	Reason string
	// For is how long it holds; 0 is until somebody unpins it.
	For time.Duration
}

// Pin holds an application at the state that its last successful operation left: it is neither synced nor healed.
func (e *Engine) Pin(ctx context.Context, p app.Principal, key app.Key, req PinRequest) error {
	if err := e.Allowed(p, ActPin); err != nil {
		return err
	}
	if req.Reason == "" {
		return fmt.Errorf("pin %s: a reason is needed: others will want to know", key)
	}
	records, err := e.History(ctx, key)
	if err != nil {
		return err
	}
	pin := app.Pin{Reason: req.Reason + " (" + p.Name + ")"}
	if req.For > 0 {
		pin.Until = e.opts.Clock.Now().Add(req.For)
	}
	for _, r := range records {
		if r.Phase == app.OperationSucceeded && r.Kind != app.KindDelete {
			pin.Record = r.ID
			break
		}
	}
	if pin.Record == "" {
		return hint.With(fmt.Errorf("pin %s: %w: nothing has been done to it", key, app.ErrNotFound), "sync it first")
	}
	_, err = e.ports.Store.Update(ctx, key, func(a *app.Application) error {
		setPin(a, pin)
		return nil
	})
	if err != nil {
		return fmt.Errorf("pin %s: %w", key, err)
	}
	e.reread(ctx, key)
	return nil
}

// Unpin lets an application follow git again.
func (e *Engine) Unpin(ctx context.Context, p app.Principal, key app.Key) error {
	if err := e.Allowed(p, ActPin); err != nil {
		return err
	}
	_, err := e.ports.Store.Update(ctx, key, func(a *app.Application) error {
		if a.Metadata.Annotations[app.AnnotationPin] == "" {
			return fmt.Errorf("%w: it is not pinned", app.ErrNotFound)
		}
		setPin(a, app.Pin{})
		return nil
	})
	if err != nil {
		return fmt.Errorf("unpin %s: %w", key, err)
	}
	e.reread(ctx, key)
	return nil
}

// PauseAutomation has automation leave an application alone for a time; its switches stay as they are. No time at all
// ends the pause.
func (e *Engine) PauseAutomation(ctx context.Context, p app.Principal, key app.Key, pause time.Duration, reason string) error {
	if err := e.Allowed(p, ActAutomate); err != nil {
		return err
	}
	_, err := e.ports.Store.Update(ctx, key, func(a *app.Application) error {
		if pause <= 0 {
			if a.Metadata.Annotations[app.AnnotationPauseUntil] == "" {
				return fmt.Errorf("%w: it is not paused", app.ErrNotFound)
			}
			annotate(a, map[string]string{app.AnnotationPauseUntil: "", app.AnnotationPauseReason: ""})
			return nil
		}
		if _, on := a.Spec.AutomatedOn(); !on {
			return hint.With(app.Unfit(errors.New("it is not synced automatically")),
				"nothing syncs it by itself; wheelhouse app pin "+key.String()+" keeps people from it as well")
		}
		annotate(a, map[string]string{
			app.AnnotationPauseUntil:  e.opts.Clock.Now().Add(pause).UTC().Format(time.RFC3339),
			app.AnnotationPauseReason: orElse(reason, "by "+p.Name),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("pause automation of %s: %w", key, err)
	}
	e.reread(ctx, key)
	return nil
}
