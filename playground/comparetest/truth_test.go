package comparetest

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// truth is the verdict that a real apply gives: what it made of the live object, or why the server refused it. It is read from
// the answer on the wire, by nothing that a verdict is reached with.
func (t *trial) truth(ctx context.Context, want, live *unstructured.Unstructured, says answer) (diff.Verdict, error) {
	unexpected := fmt.Errorf("the server says what no case is about: %d %s", says.code, says.body)
	switch says.code {
	case http.StatusCreated:
		if live == nil {
			return diff.Create, nil
		}
	case http.StatusOK:
		if live != nil {
			return t.effect(live, says.made)
		}
	case http.StatusNotFound:
		// An apply makes what is not there, and the namespace is there: only the kind can be what is not found.
		if live == nil && (says.status.Details == nil || says.status.Details.Name == "") {
			return diff.MissingKind, nil
		}
	case http.StatusConflict:
		if len(says.holders()) > 0 && t.noForce {
			return diff.Conflict, nil
		}
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return t.refused(ctx, want, live)
	}
	return diff.NotCompared, unexpected
}

// effect is the verdict of an apply that was made: did the object move, did its body change, did its owners.
func (t *trial) effect(live, made *unstructured.Unstructured) (diff.Verdict, error) {
	switch {
	case live.GetResourceVersion() == made.GetResourceVersion():
		return diff.InSync, nil
	case !reflect.DeepEqual(content(live), content(made)):
		return diff.Differs, nil
	case !reflect.DeepEqual(owners(live), owners(made)):
		return diff.OwnershipOnly, nil
	}
	// The server writes some objects anew of which nothing has changed, now and then, as claims, or with an empty list that it
	// drops. Neither what they say nor who owns it is another than before, and so there is nothing that a sync had to do: the
	// verdict is that of an object that stands still, provided that truly nothing else has moved.
	t.stirred = true
	if change := cmp.Diff(timeless(live), timeless(made)); change != "" {
		return diff.NotCompared, fmt.Errorf("the object moved, and neither its body nor its owners changed, but (-live +made):\n%s", change)
	}
	return diff.InSync, nil
}

// timeless is all of an object but its version and the times at which its managers wrote.
func timeless(u *unstructured.Unstructured) map[string]any {
	out := u.DeepCopy()
	out.SetResourceVersion("")
	entries := out.GetManagedFields()
	for i := range entries {
		entries[i].Time = nil
	}
	out.SetManagedFields(entries)
	return out.Object
}

// refused is the verdict of an apply that the server refused: what it would make anew cannot be changed in place, and what it
// would not is refused for itself.
func (t *trial) refused(ctx context.Context, want, live *unstructured.Unstructured) (diff.Verdict, error) {
	if live == nil {
		return diff.Refused, nil
	}
	if err := t.gone(ctx, want); err != nil {
		return diff.NotCompared, err
	}
	anew, err := t.send(ctx, want)
	switch {
	case err != nil:
		return diff.NotCompared, err
	case anew.code == http.StatusCreated:
		return diff.Immutable, nil
	case anew.code == http.StatusBadRequest, anew.code == http.StatusUnprocessableEntity, anew.code == http.StatusInternalServerError:
		return diff.Refused, nil
	}
	return diff.NotCompared, fmt.Errorf("to be made anew the server says %d %s", anew.code, anew.body)
}
