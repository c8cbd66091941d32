package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// What the cluster holds whose memory is measured.
const (
	applications = 100
	objectSize   = 2048
)

// footprint is what an engine takes when it knows its cluster, in bytes.
type footprint struct {
	// Rest is anonymous resident memory after a collection, Peak the most of it since the process began.
	Rest, Peak int64
}

// managed is one application's folder: ten objects.
func managed(i int) map[string][]byte {
	files := map[string][]byte{}
	for j := range 8 {
		files[fmt.Sprintf("app-%d/settings-%d.yaml", i, j)] = fmt.Appendf(nil,
			"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-%d\ndata:\n  text: %q\n", j, strings.Repeat("x", objectSize))
	}
	files[fmt.Sprintf("app-%d/web.yaml", i)] = fmt.Appendf(nil, kinds[1].manifest, 0, 29)
	files[fmt.Sprintf("app-%d/service.yaml", i)] = []byte(
		"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n")
	return files
}

// measureMemory measures an engine with 100 applications as the cluster around them grows.
func measureMemory(ctx context.Context, b *bench) error {
	again, err := b.alone()
	if err != nil {
		return err
	}
	if err := b.deployApplications(ctx); err != nil {
		return err
	}
	var curve []point
	have := 0
	for _, n := range []int{10_000, 30_000, 60_000, 100_000} {
		if n > b.most {
			break
		}
		if err := b.fill(ctx, have, n); err != nil {
			return err
		}
		have = n
		f, err := b.footprint(ctx)
		if err != nil {
			return err
		}
		curve = append(curve, point{n, f})
		goal := map[int]string{10_000: "< 80 MiB", 60_000: "< 150 MiB"}[n]
		b.table.add(fmt.Sprintf("memory, %d objects and %d applications of 10", n, applications), mebibytes(f.Rest), goal)
		b.table.add(fmt.Sprintf("memory, %d objects, peak of the first list", n), mebibytes(f.Peak), "")
	}
	if b.plot != "" {
		if err := writePlot(b.plot, curve); err != nil {
			return err
		}
	}
	return again(ctx)
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// deployApplications makes the applications and their objects.
func (b *bench) deployApplications(ctx context.Context) error {
	if err := b.play.MakeRepository(ctx, "estate"); err != nil {
		return err
	}
	files := map[string][]byte{}
	for i := range applications {
		for name, text := range managed(i) {
			files[name] = text
		}
	}
	if _, err := b.play.Commit(ctx, "estate", "main", "everything", files); err != nil {
		return err
	}
	for i := range applications {
		name := fmt.Sprintf("app-%d", i)
		if err := b.application(ctx, "estate", name, "estate", name); err != nil {
			return err
		}
	}
	r, err := b.open("estate")
	if err != nil {
		return err
	}
	if err := r.Load(ctx); err != nil {
		return err
	}
	for i := range applications {
		p, err := r.PlanSync(ctx, admin, app.Key{Name: fmt.Sprintf("app-%d", i)}, plan.Options{})
		if err != nil {
			return err
		}
		if _, _, err := execute(ctx, r, p); err != nil {
			return err
		}
	}
	return r.close()
}

// fill creates objects that belong to nobody, from one number to another.
func (b *bench) fill(ctx context.Context, from, to int) error {
	b.note("%d objects", to)
	const perNamespace = 1000
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for i := from; i < to; i++ {
		ns := fmt.Sprintf("others-%d", i/perNamespace)
		if i%perNamespace == 0 {
			if err := b.namespace(ctx, ns); err != nil {
				return err
			}
		}
		g.Go(func() error {
			c := &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("other-%d", i)},
				Data:       map[string]string{"text": strings.Repeat("y", objectSize)},
			}
			_, err := b.api.CoreV1().ConfigMaps(ns).Create(gctx, c, metav1.CreateOptions{})
			return err
		})
	}
	return g.Wait()
}

// footprint starts a process with an engine, and asks it what it takes.
func (b *bench) footprint(ctx context.Context) (footprint, error) {
	self, err := os.Executable()
	if err != nil {
		return footprint{}, err
	}
	cmd := exec.CommandContext(ctx, self, asMemory, filepath.Join(b.dir, "estate"), filepath.Join(b.dir, "git"), b.play.Kubeconfig())
	cmd.Stderr = b.log
	out, err := cmd.Output()
	var f footprint
	if err == nil {
		err = json.Unmarshal(out, &f)
	}
	return f, err
}

// reportMemory is the process that is measured: it follows a store until all its applications are compared by the watch, and
// prints what that takes.
func reportMemory(ctx context.Context, args []string, out io.Writer) error {
	r, err := openEngine(args[0], args[1], args[2], engine.Options{})
	if err != nil {
		return err
	}
	var f footprint
	sampled := make(chan struct{})
	sampling, stop := context.WithCancel(ctx)
	go func() {
		defer close(sampled)
		for sampling.Err() == nil {
			if n, err := anonymous(); err == nil {
				f.Peak = max(f.Peak, n)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	r.follow(ctx)
	err = until(ctx, "all applications to be compared", func() (bool, error) {
		synced := 0
		for _, v := range r.Views() {
			if v.App.Status.Sync.Status == app.Synced && !v.Knowledge.AsOf.IsZero() && !v.Refreshing {
				synced++
			}
		}
		return synced == applications && r.listed(ctx), nil
	})
	stop()
	<-sampled
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	if f.Rest, err = anonymous(); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(f); err != nil {
		return err
	}
	return r.close()
}

// anonymous is the anonymous resident memory of this process.
func anonymous() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if fields := strings.Fields(string(line)); len(fields) == 3 && fields[0] == "RssAnon:" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("this system does not tell the anonymous memory of a process")
}
