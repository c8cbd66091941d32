package conformance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// monorepo is a repository of many applications, with five files each, and its history.
type monorepo struct {
	bare                  string
	applications, commits int
}

// newMonorepo writes a repository: each commit after the first changes one application.
func newMonorepo(t testing.TB, applications, commits int) *monorepo {
	t.Helper()
	m := &monorepo{filepath.Join(t.TempDir(), "mono.git"), applications, commits}
	m.git(t, nil, "init", "--quiet", "--bare", "--initial-branch=main", m.bare)
	var s bytes.Buffer
	m.begin(&s, 1)
	for i := range applications {
		for name, text := range m.files(i) {
			fmt.Fprintf(&s, "M 644 inline apps/%s/%s\ndata %d\n%s\n", m.name(i), name, len(text), text)
		}
	}
	for n := 2; n <= commits; n++ {
		m.begin(&s, n)
		m.touch(&s, n%applications, n)
	}
	m.git(t, &s, "fast-import", "--quiet")
	return m
}

func (m *monorepo) name(i int) string { return fmt.Sprintf("app-%04d", i) }

func (m *monorepo) files(i int) map[string]string {
	name := m.name(i)
	meta := "metadata: {name: " + name + "}\n"
	labels := "{app: " + name + "}"
	return map[string]string{
		"deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\n" + meta + "spec:\n  replicas: 2\n  selector: {matchLabels: " + labels + "}\n" +
			"  template:\n    metadata: {labels: " + labels + "}\n    spec: {containers: [{name: web, image: nginx}]}\n",
		"service.yaml": "apiVersion: v1\nkind: Service\n" + meta + "spec: {selector: " + labels + ", ports: [{port: 80}]}\n",
		"config.yaml":  config(name, 0),
		"account.yaml": "apiVersion: v1\nkind: ServiceAccount\n" + meta,
		"README.md":    "# " + name + "\n",
	}
}

func config(name string, n int) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {change: \"%d\"}\n", name, n)
}

func (m *monorepo) begin(s *bytes.Buffer, n int) {
	fmt.Fprintf(s, "commit refs/heads/main\ncommitter Ada <ada@example.com> %d +0000\ndata 6\nchange\n", 1_700_000_000+n)
	if n > m.commits {
		fmt.Fprintln(s, "from refs/heads/main^0")
	}
}

func (m *monorepo) touch(s *bytes.Buffer, i, n int) {
	text := config(m.name(i), n)
	fmt.Fprintf(s, "M 644 inline apps/%s/config.yaml\ndata %d\n%s\n", m.name(i), len(text), text)
}

// change commits a change of one application.
func (m *monorepo) change(t testing.TB, i, n int) {
	t.Helper()
	var s bytes.Buffer
	m.begin(&s, m.commits+n)
	m.touch(&s, i, m.commits+n)
	m.git(t, &s, "fast-import", "--quiet")
}

func (m *monorepo) git(t testing.TB, in *bytes.Buffer, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", filepath.Dir(m.bare)}, args...)...)
	if args[0] != "init" {
		cmd.Dir, cmd.Args = m.bare, append([]string{"git"}, args...)
	}
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if in != nil {
		cmd.Stdin = in
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// operator follows the applications of a repository, as an engine does.
type operator struct {
	repository *monorepo
	fetcher    *gitsrc.Fetcher
	pool       *render.Pool
}

func newOperator(t testing.TB, m *monorepo, o render.Options) *operator {
	t.Helper()
	pool, err := render.NewPool(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &operator{m, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir()}), pool}
}

func (o *operator) source(i int) app.Source {
	return app.Source{RepoURL: "file://" + o.repository.bare, TargetRevision: "main", Path: "apps/" + o.repository.name(i)}
}

// fetch brings the newest commit.
func (o *operator) fetch(t testing.TB) app.Commit {
	t.Helper()
	c, err := o.fetcher.Resolve(t.Context(), o.source(0), 0)
	if err == nil {
		_, err = o.fetcher.Fetch(t.Context(), o.source(0), c.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refresh renders every application at a commit and returns the number of their objects.
func (o *operator) refresh(t testing.TB, c app.Commit) int64 {
	t.Helper()
	var objects atomic.Int64
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(2 * atOnce())
	for i := range o.repository.applications {
		g.Go(func() error {
			n, err := o.one(ctx, i, c)
			objects.Add(int64(n))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return objects.Load()
}

func (o *operator) one(ctx context.Context, i int, c app.Commit) (int, error) {
	src := o.source(i)
	checkout, err := o.fetcher.Fetch(ctx, src, c.ID)
	if err != nil {
		return 0, err
	}
	out, err := o.pool.Render(ctx, app.RenderRequest{
		App: app.Key{Name: o.repository.name(i)}, Namespace: "shop", Source: src, Files: checkout.Files, Commit: checkout.Commit,
	})
	return len(out.Objects), err
}

func TestASecondRefreshRendersNothing(t *testing.T) {
	t.Parallel()
	m := newMonorepo(t, 100, 3)
	o := newOperator(t, m, render.Options{Workers: atOnce(), Timeout: time.Minute, Memory: 4 << 30})
	for i, step := range []struct {
		change     bool
		renderings int
	}{{false, 100}, {false, 100}, {true, 101}, {false, 101}} {
		if step.change {
			m.change(t, 42, 1)
		}
		if n := o.refresh(t, o.fetch(t)); n != 400 {
			t.Errorf("step %d: %d objects, want 400", i, n)
		}
		if got := o.pool.Renders(); got != step.renderings {
			t.Errorf("step %d: %d renderings, want %d", i, got, step.renderings)
		}
	}
}

// anonymous is the anonymous memory of this process in MiB.
func anonymous(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n >> 10
		}
	}
	t.Fatal("the system does not tell")
	return 0
}

// peak watches the memory of this process while something is done.
func peak(t testing.TB, do func()) int {
	t.Helper()
	done, most := make(chan struct{}), make(chan int)
	go func() {
		high := 0
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			high = max(high, anonymous(t))
			select {
			case <-done:
				tick.Stop()
				most <- high
				return
			case <-tick.C:
			}
		}
	}()
	do()
	close(done)
	return <-most
}

// BenchmarkMonorepo follows 3,000 applications in 15,000 files and 5,000 commits.
func BenchmarkMonorepo(b *testing.B) {
	m := newMonorepo(b, 3000, 5000)
	o := newOperator(b, m, render.Options{Command: []string{program(b), "render-worker"}, Workers: atOnce()})
	var c app.Commit
	start := time.Now()
	cloning := peak(b, func() { c = o.fetch(b) })
	cloned := time.Since(start)
	start = time.Now()
	o.refresh(b, c)
	first := time.Since(start)
	before, round := o.pool.Renders(), 0
	var fetched, after time.Duration
	for b.Loop() {
		round++
		m.change(b, 7*round, round)
		start = time.Now()
		c = o.fetch(b)
		fetched += time.Since(start)
		start = time.Now()
		o.refresh(b, c)
		after += time.Since(start)
		if got := o.pool.Renders() - before; got != round {
			b.Fatalf("%d renderings after %d changes of one application", got, round)
		}
	}
	debug.FreeOSMemory()
	rest := anonymous(b)
	per := func(d time.Duration) time.Duration { return (d / time.Duration(round)).Round(time.Millisecond) }
	b.ReportMetric(per(after).Seconds()*1000, "ms/change")
	b.ReportMetric(float64(rest), "MiB/rest")
	b.Logf("%d applications, 15,000 files, %d commits\n%-40s %8s, at most %d MiB\n%-40s %8s\n%-40s %8s\n%-40s %8s\n%-40s %4d MiB",
		m.applications, m.commits, "first clone", cloned.Round(time.Millisecond), cloning, "first rendering of all", first.Round(time.Millisecond),
		"a commit to one: fetch", per(fetched), "a commit to one: all compared, one rendered", per(after), "at rest", rest)
}
