package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// applications is the number of applications of one chart.
const applications = 100

// BenchmarkApplicationsOfOneChart renders applications of one chart with different values through the pool, and with one
// `helm template` for each, at the same parallelism, in turn.
func BenchmarkApplicationsOfOneChart(b *testing.B) {
	helm, home := build(b, "helm"), b.TempDir()
	pool, err := render.NewPool(render.Options{Command: []string{program(b), "render-worker"}, Workers: atOnce()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	if _, err := helm.run(b.Context(), home, home, "create", "web"); err != nil {
		b.Fatal(err)
	}
	chart := filepath.Join(home, "web")
	for i := range applications {
		text := fmt.Sprintf("replicaCount: %d\nautoscaling: {enabled: true}\ningress: {enabled: true}\nimage: {tag: v%d}\n", i+1, i)
		if err := os.WriteFile(filepath.Join(chart, values(i)), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var ours, theirs time.Duration
	round := 0
	for b.Loop() {
		round++
		ours += timed(b, func(ctx context.Context, i int) error {
			// Another namespace, so that nothing is remembered.
			out, err := pool.Render(ctx, app.RenderRequest{
				App: app.Key{Name: fmt.Sprintf("app-%d", i)}, Namespace: fmt.Sprintf("shop-%d", round), Files: os.DirFS(chart),
				Source: app.Source{Helm: &app.HelmSource{ValueFiles: []string{values(i)}}},
			})
			if err == nil && len(out.Objects) == 0 {
				err = fmt.Errorf("app-%d has no objects", i)
			}
			return err
		})
		theirs += timed(b, func(ctx context.Context, i int) error {
			_, err := helm.run(ctx, home, chart, "template", fmt.Sprintf("app-%d", i), ".", "--namespace", "shop", "--include-crds", "--values", values(i))
			return err
		})
	}
	per := func(d time.Duration) time.Duration { return (d / time.Duration(round)).Round(time.Millisecond) }
	b.ReportMetric(per(ours).Seconds()*1000, "ms/pool")
	b.ReportMetric(per(theirs).Seconds()*1000, "ms/processes")
	b.ReportMetric(float64(theirs)/float64(ours), "times-faster")
	b.Logf("%d applications of one chart\n%-28s %10s\n%-28s %10s\n%-28s %9.1f×", applications,
		"the pool of render workers", per(ours), "helm template, each", per(theirs), "faster", float64(theirs)/float64(ours))
}

func values(i int) string { return fmt.Sprintf("values-%d.yaml", i) }

// timed does something for each application, so many at once as programs may run, and returns how long it took.
func timed(b *testing.B, do func(ctx context.Context, i int) error) time.Duration {
	b.Helper()
	start := time.Now()
	g, ctx := errgroup.WithContext(b.Context())
	g.SetLimit(atOnce())
	for i := range applications {
		g.Go(func() error { return do(ctx, i) })
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
