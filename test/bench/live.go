package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

const (
	// liveChanges is how often a live object is changed, and scalings how often one is scaled by hand.
	liveChanges, scalings = 200, 10
	// handPause is the pause between two acts by hand.
	handPause = 3 * time.Second
)

// measureLive measures how soon a change in the cluster is told, and how soon a scaling by hand is put back.
func measureLive(ctx context.Context, b *bench) (err error) {
	const name = "live"
	if err := b.play.MakeRepository(ctx, name); err != nil {
		return err
	}
	files := map[string][]byte{
		"settings.yaml": []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  colour: red\n"),
		"web.yaml":      fmt.Appendf(nil, kinds[1].manifest, 0, 29),
	}
	if _, err := b.play.Commit(ctx, name, "main", "settings", files); err != nil {
		return err
	}
	if err := b.application(ctx, name, name, name, "."); err != nil {
		return err
	}
	if err := b.sync(ctx, name, name); err != nil {
		return err
	}
	r, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), b.play.Kubeconfig(), engine.Options{Automate: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.follow(ctx)
	if err := r.compared(ctx, name, app.Synced); err != nil {
		return err
	}
	if err := b.told(ctx, r, name); err != nil {
		return err
	}
	return b.healed(ctx, r.store, name)
}

// told measures the time from before a change is sent to the event after which a front shows it.
func (b *bench) told(ctx context.Context, r *running, name string) error {
	sub := r.Subscribe()
	defer sub.Close()
	var took times
	for i := range liveChanges {
		colour, want := "blue", app.OutOfSync
		if i%2 == 1 {
			colour, want = "red", app.Synced
		}
		patch := fmt.Appendf(nil, `{"data":{"colour":%q}}`, colour)
		err := took.timed(func() error {
			_, err := b.api.CoreV1().ConfigMaps(name).Patch(ctx, "settings", types.MergePatchType, patch, metav1.PatchOptions{})
			for err == nil {
				if v, ok := r.View(app.Key{Name: name}); ok && v.App.Status.Sync.Status == want {
					return nil
				}
				_, err = sub.Next(ctx)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	b.table.add(fmt.Sprintf("a live change told, half of %d", liveChanges), milliseconds(took.median()), "")
	b.table.add(fmt.Sprintf("a live change told, 99 of 100 of %d", liveChanges), milliseconds(took.quantile(0.99)), "< 100 ms")
	return nil
}

// healed measures the time from the answer to a scaling by hand until it is put back.
func (b *bench) healed(ctx context.Context, store *filestore.Store, name string) error {
	_, err := store.Update(ctx, app.Key{Name: name}, func(a *app.Application) error {
		a.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true}}
		return nil
	})
	if err != nil {
		return err
	}
	var took times
	for range scalings {
		time.Sleep(handPause)
		err := b.scaled(ctx, name, &took)
		if err != nil {
			return err
		}
	}
	b.table.add(fmt.Sprintf("a scaling by hand put back, the slowest of %d in a row", scalings), milliseconds(took.quantile(1)), "< 200 ms")
	b.table.add("a scaling by hand put back, the last one beside the first", fmt.Sprintf("%.2f ×", float64(took[len(took)-1])/float64(took[0])), "")
	return nil
}

// scaled scales a Deployment and waits for the watch to tell that it is as before.
func (b *bench) scaled(ctx context.Context, name string, took *times) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	deployments := b.api.AppsV1().Deployments(name)
	d, err := deployments.Patch(ctx, "many-0", types.MergePatchType, []byte(`{"spec":{"replicas":2}}`), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	w, err := deployments.Watch(ctx, metav1.ListOptions{ResourceVersion: d.ResourceVersion, FieldSelector: "metadata.name=many-0"})
	if err != nil {
		return err
	}
	defer w.Stop()
	return took.timed(func() error {
		for {
			select {
			case <-ctx.Done():
				return fmt.Errorf("wait for the scaling to be put back: %w", ctx.Err())
			case ev := <-w.ResultChan():
				if replicas, ok := replicasOf(ev.Object); ok && replicas == 0 {
					return nil
				}
			}
		}
	})
}

// replicasOf is the number of replicas that a Deployment is to have.
func replicasOf(obj runtime.Object) (int32, bool) {
	d, ok := obj.(*appsv1.Deployment)
	if !ok || d.Spec.Replicas == nil {
		return 0, false
	}
	return *d.Spec.Replicas, true
}
