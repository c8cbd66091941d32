package clustertest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// following counts what Follow tells.
type following struct {
	t    *testing.T
	told atomic.Int64
}

// follow follows objects until the test ends, and returns once nothing more is told of how they are.
func follow(t *testing.T, k *kube.Cluster, refs ...object.Ref) *following {
	t.Helper()
	f := &following{t: t}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- k.Follow(ctx, refs, func() { f.told.Add(1) }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("following ended with %v", err)
		}
	})
	f.hears("it begins")
	f.rests()
	return f
}

// hears waits until something is told, and then until it rests.
func (f *following) hears(what string) {
	f.t.Helper()
	playtest.Eventually(f.t, playtest.Patience, what, func() error {
		if f.told.Load() == 0 {
			return errors.New("nothing was told")
		}
		return nil
	})
}

// rests waits until nothing was told for a second, forgets what was told before, and returns how often that was.
func (f *following) rests() int64 {
	f.t.Helper()
	last, at := f.told.Load(), time.Now()
	playtest.Eventually(f.t, playtest.Patience, "nothing more is told", func() error {
		if now := f.told.Load(); now != last {
			last, at = now, time.Now()
		}
		if time.Since(at) < time.Second {
			return errors.New("something was told a moment ago")
		}
		return nil
	})
	return f.told.Swap(0)
}

// TestFollow hears of the objects that are followed and of no others, also of what happens while the line is cut.
func TestFollow(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	line := b.newLine()
	for _, name := range []string{"a", "b", "other"} {
		b.apply(b.configMap(name, "colour=red"))
	}
	several := follow(t, line.cluster, b.ref("", "ConfigMap", "a"), b.ref("", "ConfigMap", "b"), b.ref("", "ConfigMap", "to-come"))
	single := follow(t, line.cluster, b.ref("", "ConfigMap", "a"))
	for _, c := range []struct {
		name    string
		happens func()
		single  bool
		several bool
	}{
		{"a change", func() { b.patch("a", `{"data":{"colour":"blue"}}`, "colleague") }, true, true},
		{"a change of another one", func() { b.patch("b", `{"data":{"colour":"blue"}}`, "colleague") }, false, true},
		{"one that comes", func() { b.apply(b.configMap("to-come", "colour=red")) }, false, true},
		{"one that goes", func() { b.remove("b") }, false, true},
		{"one that is not followed", func() { b.patch("other", `{"data":{"colour":"blue"}}`, "colleague") }, false, false},
		{"a change behind a cut line", func() {
			line.cut()
			b.patch("a", `{"data":{"colour":"green"}}`, "colleague")
			line.mend()
		}, true, true},
	} {
		c.happens()
		if c.several {
			several.hears(c.name)
		}
		if c.single {
			single.hears(c.name)
		}
		if n := several.rests(); n > 0 != c.several {
			t.Errorf("%s: the follower of several is told %d times", c.name, n)
		}
		if n := single.rests(); n > 0 != c.single {
			t.Errorf("%s: the follower of one is told %d times", c.name, n)
		}
	}
}

func TestWhatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	tell := func() { t.Error("it was told of") }
	if err := b.cluster.Follow(t.Context(), []object.Ref{{Group: "nowhere.example.com", Kind: "Thing", Namespace: b.namespace, Name: "a"}}, tell); !errors.Is(err, object.ErrNoKind) {
		t.Errorf("a kind that is not served: %v", err)
	}
	nobody := b.with(func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) { user.Impersonate = "nobody" })
	if err := nobody.Follow(t.Context(), []object.Ref{b.ref("", "ConfigMap", "a")}, tell); !apierrors.IsForbidden(err) {
		t.Errorf("without a right: %v", err)
	}
}
