package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// measureRefreshes measures comparisons of many objects that are as git wants them.
func measureRefreshes(ctx context.Context, b *bench) error {
	again, err := b.alone()
	for _, count := range []int{b.objects, b.many} {
		if err == nil {
			err = b.refreshes(ctx, count)
		}
	}
	return errors.Join(err, again(ctx))
}

func (b *bench) refreshes(ctx context.Context, count int) error {
	name := fmt.Sprintf("same-%d", count)
	if err := b.play.MakeRepository(ctx, name); err != nil {
		return err
	}
	if _, err := b.play.Commit(ctx, name, "main", "many", kinds[0].files(count, all(1))); err != nil {
		return err
	}
	if err := b.application(ctx, name, name, name, "."); err != nil {
		return err
	}
	if err := b.sync(ctx, name, name); err != nil {
		return err
	}
	b.note("%d objects are there", count)
	if err := errors.Join(b.first(ctx, name, count), b.unchanged(ctx, name, count)); err != nil {
		return err
	}
	// An engine keeps whole what carries an application's mark: what is measured next would have it too.
	written := loop{client: b.api.CoreV1().RESTClient(), resource: kinds[0].resource}
	return written.empty(ctx, name)
}

// sync brings an application to its cluster.
func (b *bench) sync(ctx context.Context, store, name string) error {
	r, err := b.open(store)
	if err != nil {
		return err
	}
	err = r.Load(ctx)
	if err == nil {
		var p plan.Plan
		if p, err = r.PlanSync(ctx, admin, app.Key{Name: name}, plan.Options{}); err == nil {
			_, _, err = execute(ctx, r, p)
		}
	}
	return errors.Join(err, r.close())
}

// first measures the first comparison of a process, beside a bare list of the objects.
func (b *bench) first(ctx context.Context, name string, count int) error {
	client, err := dynamic.NewForConfig(b.config)
	if err != nil {
		return err
	}
	maps := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(name)
	var bare, compared times
	for range b.rounds {
		err := bare.timed(func() error {
			for o := (metav1.ListOptions{Limit: 500}); ; {
				page, err := maps.List(ctx, o)
				if err != nil {
					return err
				}
				if o.Continue = page.GetContinue(); o.Continue == "" {
					return nil
				}
			}
		})
		if err != nil {
			return err
		}
		r, err := b.open(name)
		if err != nil {
			return err
		}
		if err := r.Load(ctx); err != nil {
			return err
		}
		v, err := r.Refresh(ctx, app.Key{Name: name})
		if err := errors.Join(err, r.close()); err != nil {
			return err
		}
		var took time.Duration
		for _, s := range v.Stages {
			if s.Name == "live" || s.Name == "compare" {
				took += s.Took
			}
		}
		compared = append(compared, took)
	}
	b.table.ratio(fmt.Sprintf("first comparison of %d objects, reading them included, beside a bare list", count), compared, bare)
	return nil
}

// unchanged measures refreshes while a watch runs, and counts what they ask of the server.
func (b *bench) unchanged(ctx context.Context, name string, count int) (err error) {
	l, err := b.newLine()
	if err != nil {
		return err
	}
	defer l.close()
	r, err := openEngine(filepath.Join(b.dir, name), filepath.Join(b.dir, "git"), l.kubeconfig, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.follow(ctx)
	key := app.Key{Name: name}
	if err := r.compared(ctx, name, app.Synced); err != nil {
		return err
	}
	err = until(ctx, "all to be known by watches", func() (bool, error) {
		before := l.count()
		_, err := r.Recompare(ctx, key)
		return l.count() == before, err
	})
	if err != nil {
		return err
	}
	var compare, refresh times
	before := l.count()
	for range b.rounds {
		err := errors.Join(
			compare.timed(func() error { _, err := r.Recompare(ctx, key); return err }),
			refresh.timed(func() error { _, err := r.Refresh(ctx, key); return err }))
		if err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%d unchanged objects", count)
	b.table.add("API calls of a refresh of "+what, fmt.Sprint(l.count()-before), "0")
	goal := ""
	if count == 1000 {
		goal = "< 50 ms"
	}
	b.table.add("comparison of "+what, milliseconds(compare.median()), goal)
	b.table.add("the same with git asked and rendered, from its cache", milliseconds(refresh.median()), "")

	for _, changed := range []int{1, 10, 100} {
		if err := b.changed(ctx, r, l, name, min(changed, count), count); err != nil {
			return err
		}
	}
	return nil
}

// changed changes some of the live objects, and counts what is asked of the server and allocated until all of them are told.
func (b *bench) changed(ctx context.Context, r *running, l *line, name string, changed, count int) error {
	asked, spent := l.count(), allocated()
	patch := fmt.Appendf(nil, `{"data":{"number":"one of %d"}}`, changed)
	for i := range changed {
		_, err := b.api.CoreV1().ConfigMaps(name).Patch(ctx, fmt.Sprintf("many-%d", i), types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			return err
		}
	}
	err := until(ctx, "all changes to be told", func() (bool, error) {
		v, ok := r.View(app.Key{Name: name})
		return ok && !v.Refreshing && outOfSync(v) == changed, nil
	})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("after a change of %d of %d objects", changed, count)
	b.table.add("API calls "+what, fmt.Sprint(l.count()-asked), fmt.Sprint(changed))
	b.table.add("allocated "+what, fmt.Sprintf("%.1f MiB", float64(allocated()-spent)/(1<<20)), "")
	return nil
}

// outOfSync counts the objects of a view that differ.
func outOfSync(v engine.View) int {
	n := 0
	for i := range v.App.Status.Resources {
		if v.App.Status.Resources[i].Status == app.OutOfSync {
			n++
		}
	}
	return n
}

// allocated is what this process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
