package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errRefused is what a machine without a server says.
var errRefused = errors.New("dial tcp 10.0.0.1:6443: connect: connection refused")

// returning is a cluster whose server comes back some day, perhaps as another one.
type returning struct {
	Cluster
	back time.Time
	id   app.ClusterIdentity
	// denies is the answer of a server that is back to whether it is ready.
	denies error
	asked  atomic.Int32
}

func (r *returning) Ready(context.Context) error {
	r.asked.Add(1)
	if time.Now().Before(r.back) {
		return errRefused
	}
	return r.denies
}

func (r *returning) Identity(context.Context) (app.ClusterIdentity, error) { return r.id, nil }
func (r *returning) Server() app.ClusterIdentity                           { return "server" }

// only finds one cluster.
type only struct{ cluster Cluster }

func (o only) Cluster(app.Destination) (Cluster, error) { return o.cluster, nil }

// asIs binds every name to what it is asked to.
type asIs struct{ Bindings }

func (asIs) Bind(_ context.Context, _ string, id app.ClusterIdentity) (app.ClusterIdentity, error) {
	return id, nil
}

// cutOff is an operation whose server is away for some time.
func cutOff(t *testing.T, lock Lock, away time.Duration) (*operation, *returning, context.Context, context.CancelFunc) {
	t.Helper()
	cluster := &returning{back: time.Now().Add(away), id: "here"}
	op := &operation{
		engine: &Engine{opts: Options{Clock: wall{}}, ports: Ports{Clusters: only{cluster}, Bindings: asIs{}}},
		run:    &Run{}, cluster: cluster,
	}
	op.plan.Cluster = "here"
	ctx, cancel := context.WithCancel(t.Context())
	op.lease = hold(lock, wall{}, cancel)
	t.Cleanup(op.lease.stop)
	return op, cluster, ctx, cancel
}

// unless sends a write: it does not arrive before the server is back.
func unless(cluster *returning, arrived *atomic.Int32) func(context.Context) error {
	return func(context.Context) error {
		if time.Now().Before(cluster.back) {
			return &object.Unanswered{Err: errRefused}
		}
		arrived.Add(1)
		return nil
	}
}

func TestWritesOutlastAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, cluster, ctx, _ := cutOff(t, free{}, 10*time.Second)
		var arrived atomic.Int32
		var wg sync.WaitGroup
		begun := time.Now()
		for range stepsAtOnce {
			wg.Go(func() {
				if err := op.write(ctx, unless(cluster, &arrived)); err != nil {
					t.Errorf("a write ends with %v", err)
				}
			})
		}
		time.Sleep(time.Second)
		if says := op.run.Progress().Waiting; says != "the API server to answer: "+errRefused.Error() {
			t.Errorf("it waits for %q", says)
		}
		wg.Wait()
		if arrived.Load() != stepsAtOnce || op.run.Progress().Waiting != "" {
			t.Errorf("%d writes arrived, and it waits for %q", arrived.Load(), op.run.Progress().Waiting)
		}
		if n := cluster.asked.Load(); n < 3 || n > 12 {
			t.Errorf("the server was looked for %d times", n)
		}
		if took := time.Since(begun); took > 10*time.Second+2*longestProbe {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAServerThatStaysAwayEndsAllWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, cluster, ctx, _ := cutOff(t, free{}, time.Hour)
		var arrived atomic.Int32
		begun := time.Now()
		err := op.write(ctx, unless(cluster, &arrived))
		if took := time.Since(begun); !errors.Is(err, errAway) || took < outageTime || took > outageTime+2*longestProbe {
			t.Errorf("after %s it ends with %v", took, err)
		}
		if !strings.Contains(err.Error(), errRefused.Error()) || unknown(err) || errors.Is(err, errFate) {
			t.Errorf("it says %v", err)
		}
		begun = time.Now()
		err = op.repeat(ctx, func(context.Context) error { return &object.Unanswered{Err: errRefused, Sent: true} })
		if !errors.Is(err, errAway) || !errors.Is(err, errFate) || !time.Now().Equal(begun) {
			t.Errorf("one that was under way ends after %s with %v", time.Since(begun), err)
		}
		if why := op.unsettled(errors.New("refused")); !errors.Is(why, errAway) {
			t.Errorf("the operation is unsettled for %v", why)
		}
	})
}

// TestBegunHooksAreLeftToAServerThatStaysAway ends a group in which a hook runs.
func TestBegunHooksAreLeftToAServerThatStaysAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, cluster, ctx, _ := cutOff(t, free{}, time.Hour)
		op.plan.Steps = []plan.Step{{Verb: plan.RunHook, Ref: object.Ref{Group: "batch", Kind: "Job", Name: "migrate"}}}
		op.run.progress.Steps = []StepState{{State: StepWaiting}}
		if err := op.write(ctx, unless(cluster, new(atomic.Int32))); !errors.Is(err, errAway) {
			t.Fatalf("the other step ends with %v", err)
		}
		begun := time.Now()
		if err := op.awaitBegunHooks(ctx, plan.Group{Steps: []int{0}}); err != nil || !time.Now().Equal(begun) {
			t.Errorf("after %s the wait for the hook ends with %v", time.Since(begun), err)
		}
	})
}

func TestAnOutageEndsWithTheOperation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent bool
		want error
	}{
		"a write that was not sent":   {want: app.ErrTerminated},
		"one that may have been done": {sent: true, want: errCut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				op, _, ctx, cancel := cutOff(t, free{}, time.Hour)
				begun := time.Now()
				time.AfterFunc(2*time.Second, cancel)
				err := op.repeat(ctx, func(context.Context) error { return &object.Unanswered{Err: errRefused, Sent: c.sent} })
				if !errors.Is(err, c.want) || errors.Is(err, errCut) != c.sent || time.Since(begun) != 2*time.Second {
					t.Errorf("after %s it ends with %v", time.Since(begun), err)
				}
				if op.run.Progress().Waiting == "" {
					t.Error("what it waited for is forgotten")
				}
			})
		})
	}
}

// ended is a lock whose operation somebody ends in another process.
type ended struct {
	free
	at time.Time
}

func (e ended) Check() error {
	if time.Now().Before(e.at) {
		return nil
	}
	return app.ErrTerminated
}

func TestAnOutageEndsWithTheLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		op, cluster, ctx, _ := cutOff(t, ended{at: begun.Add(4 * time.Second)}, 5*time.Second)
		var arrived atomic.Int32
		err := op.write(ctx, unless(cluster, &arrived))
		if took := time.Since(begun); !errors.Is(err, app.ErrTerminated) || took > 4*time.Second+lockPause || arrived.Load() > 0 {
			t.Errorf("after %s it ends with %v, and %d writes arrived", took, err, arrived.Load())
		}
	})
}

func TestNothingIsSentToAnotherCluster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, cluster, ctx, _ := cutOff(t, free{}, time.Second)
		cluster.id = "elsewhere"
		var arrived atomic.Int32
		for range 2 {
			if err := op.write(ctx, unless(cluster, &arrived)); !errors.Is(err, ErrClusterChanged) || arrived.Load() > 0 {
				t.Errorf("it ends with %v, and %d writes arrived", err, arrived.Load())
			}
			cluster.back = time.Now().Add(time.Hour)
		}
	})
}

// TestAServerThatRefusesToSayWhetherItIsReady gives one the time to learn who may ask.
func TestAServerThatRefusesToSayWhetherItIsReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, cluster, ctx, _ := cutOff(t, free{}, time.Second)
		cluster.denies = apierrors.NewForbidden(schema.GroupResource{}, "readyz", nil)
		var arrived atomic.Int32
		begun := time.Now()
		if err := op.write(ctx, unless(cluster, &arrived)); err != nil || arrived.Load() != 1 {
			t.Errorf("it ends with %v, and %d writes arrived", err, arrived.Load())
		}
		if took := time.Since(begun); took < deniedTime || took > 3*deniedTime {
			t.Errorf("it took %s", took)
		}
	})
}

func TestWhatIsKnownOfAWriteWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	gateway := func(code int, text string) error {
		return apierrors.NewGenericServerResponse(code, "patch", schema.GroupResource{}, "settings", text, 0, true)
	}
	for name, c := range map[string]struct {
		err             error
		unsent, unknown bool
	}{
		"it was done":                   {},
		"nobody took it":                {err: fmt.Errorf("apply: %w", &object.Unanswered{Err: errRefused}), unsent: true},
		"its connection ended":          {err: fmt.Errorf("apply: %w", &object.Unanswered{Err: errRefused, Sent: true}), unknown: true},
		"a proxy answered in its place": {err: gateway(http.StatusBadGateway, "bad gateway"), unknown: true},
		"a proxy has no server":         {err: gateway(http.StatusServiceUnavailable, "no backend"), unknown: true},
		"the server refused it":         {err: apierrors.NewConflict(schema.GroupResource{}, "settings", errRefused)},
		"the server cannot do it":       {err: apierrors.NewServiceUnavailable("later")},
		"the server failed":             {err: gateway(http.StatusInternalServerError, "oh")},
		"a webhook failed":              {err: apierrors.NewInternalError(errRefused)},
		"the store failed":              {err: fmt.Errorf("apply: %w", &apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusInternalServerError, Message: "etcdserver: leader changed"}}), unknown: true},
		"the store took too long":       {err: apierrors.NewTimeoutError("request did not complete within requested timeout", 0), unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if unsent(c.err) != c.unsent || unknown(c.err) != c.unknown {
				t.Errorf("it is unsent: %v, unknown: %v", unsent(c.err), unknown(c.err))
			}
		})
	}
}

func TestWhoIsBelievedAboutAWriteThatIsNotFound(t *testing.T) {
	t.Parallel()
	store := &apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusInternalServerError, Message: "etcdserver: leader changed"}}
	cut := &object.Unanswered{Err: errRefused, Sent: true}
	for name, c := range map[string]struct {
		open    error
		once    bool
		unknown bool
	}{
		"a connection that ended each time":   {open: cut, unknown: true},
		"a server that cannot do it":          {open: apierrors.NewServiceUnavailable("later"), once: true},
		"a store that fails each time":        {open: store},
		"a store that failed, once for good":  {open: store, once: true, unknown: true},
		"a store that is late, once for good": {open: apierrors.NewTimeoutError("late", 0), once: true, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := undecided(c.open, errHook, c.once)
			if errors.Is(err, errFate) != c.unknown || !errors.Is(err, c.open) || !errors.Is(err, errHook) {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
