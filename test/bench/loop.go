package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// loop is what the engine is held against: nothing but parallel server-side applies of objects that are ready to be sent,
// whose answers are read and not decoded.
type loop struct {
	client    rest.Interface
	resource  string
	namespace string
	names     []string
	bodies    [][]byte
	inFlight  int
}

// parallelisms are tried, and the one at which the server answers fastest is the loop's.
var parallelisms = []int{4, 8, 16, 32, 64}

// take makes the loop send the objects that a plan would write, in the loop's own namespace.
func (l *loop) take(p plan.Plan) error {
	l.names, l.bodies = nil, nil
	for _, s := range p.Steps {
		if s.Desired == nil {
			continue
		}
		u := s.Desired.DeepCopy()
		u.SetNamespace(l.namespace)
		if err := l.add(u); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) add(u *unstructured.Unstructured) error {
	body, err := json.Marshal(u.Object)
	if err != nil {
		return err
	}
	l.names, l.bodies = append(l.names, u.GetName()), append(l.bodies, body)
	return nil
}

// apply sends everything once.
func (l *loop) apply(ctx context.Context, dryRun ...string) error {
	force := true
	o := &metav1.PatchOptions{FieldManager: "loop", Force: &force, DryRun: dryRun}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(l.inFlight)
	for i, name := range l.names {
		g.Go(func() error {
			r := l.client.Patch(types.ApplyPatchType).Namespace(l.namespace).Resource(l.resource).Name(name).
				VersionedParams(o, metav1.ParameterCodec).Body(l.bodies[i]).Do(ctx)
			return r.Error()
		})
	}
	return g.Wait()
}

// beside runs something while somebody watches the objects of the loop's kind, and reads the events as they come and no
// further: what a watch alone costs is the server's work.
func (l *loop) beside(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := l.client.Get().Resource(l.resource).Param("watch", "true").Stream(ctx)
	if err != nil {
		return fmt.Errorf("watch %s: %w", l.resource, err)
	}
	var reader sync.WaitGroup
	reader.Go(func() {
		// The stream ends with the context.
		_, _ = io.Copy(io.Discard, events)
	})
	err = f()
	cancel()
	reader.Wait()
	return errors.Join(err, events.Close())
}

// empty deletes all objects of the loop's kind in a namespace, and waits until they are gone.
func (l *loop) empty(ctx context.Context, namespace string) error {
	background := metav1.DeletePropagationBackground
	err := l.client.Delete().Namespace(namespace).Resource(l.resource).Body(&metav1.DeleteOptions{PropagationPolicy: &background}).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("empty %s: %w", namespace, err)
	}
	return until(ctx, namespace+" to be empty", func() (bool, error) {
		text, err := l.client.Get().Namespace(namespace).Resource(l.resource).Param("limit", "1").Do(ctx).Raw()
		var list struct{ Items []json.RawMessage }
		if err == nil {
			err = json.Unmarshal(text, &list)
		}
		return len(list.Items) == 0, err
	})
}

// tune finds the parallelism at which dry runs are answered fastest. They cost what applies cost, and leave nothing behind.
func (l *loop) tune(ctx context.Context, rounds int) error {
	took := make([]times, len(parallelisms))
	for range rounds {
		for i, n := range parallelisms {
			l.inFlight = n
			if err := took[i].timed(func() error { return l.apply(ctx, metav1.DryRunAll) }); err != nil {
				return err
			}
		}
	}
	best := slices.MinFunc(took, func(a, b times) int { return int(a.median() - b.median()) })
	for i := range took {
		if took[i].median() == best.median() {
			l.inFlight = parallelisms[i]
		}
	}
	return nil
}
