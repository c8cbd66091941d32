package storetest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func ada() app.Holder {
	return app.Holder{Name: "ada", PID: 4711, Host: "bastion", Front: "console", Since: time.Unix(1_700_000_000, 0).UTC()}
}

func lock(t *testing.T, p Place) {
	s, other := p.created(t, "web").Locks, p.Open(t).Locks
	held, err := s.Lock(t.Context(), p.key("web"), ada())
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Check(); err != nil {
		t.Errorf("check of a held lock: %v", err)
	}
	for who, l := range map[string]Locks{"another": other, "the same": s} {
		_, err := l.Lock(t.Context(), p.key("web"), app.Holder{Name: "bob"})
		if !errors.Is(err, app.ErrLocked) || !strings.Contains(err.Error(), ada().String()) {
			t.Errorf("%s opener's lock gave %v", who, err)
		}
		h, ok, err := l.Holder(t.Context(), p.key("web"))
		if diff := cmp.Diff(ada(), h); err != nil || !ok || diff != "" {
			t.Errorf("%s opener is told (%v, %v):\n%s", who, ok, err, diff)
		}
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	if held.Check() == nil {
		t.Error("check of a released lock gave no error")
	}
	if err := held.Release(); err != nil {
		t.Errorf("the second release gave %v", err)
	}
	if h, ok, err := other.Holder(t.Context(), p.key("web")); ok || err != nil {
		t.Errorf("after the release the holder is %v, %v", h, err)
	}
	again, err := other.Lock(t.Context(), p.key("web"), app.Holder{Name: "bob"})
	if err != nil {
		t.Fatalf("lock after the release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func lockTerminate(t *testing.T, p Place) {
	s, other := p.created(t, "web", "api").Locks, p.Open(t).Locks
	take := func(name string) app.Lock {
		t.Helper()
		l, err := s.Lock(t.Context(), p.key(name), ada())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	ask := func(of app.Holder) {
		t.Helper()
		if err := other.Terminate(t.Context(), p.key("web"), app.EndRequest{Of: of, By: "bob"}); err != nil {
			t.Fatal(err)
		}
	}
	web, api := take("web"), take("api")
	holder, _, err := other.Holder(t.Context(), p.key("web"))
	if err != nil {
		t.Fatal(err)
	}
	earlier, elsewhere, another := holder, holder, holder
	earlier.Since, elsewhere.Host, another.PID = holder.Since.Add(-time.Nanosecond), "laptop", holder.PID+1
	for _, h := range []app.Holder{earlier, elsewhere, another, {}} {
		ask(h)
		if err := web.Check(); err != nil {
			t.Errorf("check after a request to %v of %s: %v", h, h.Since, err)
		}
	}
	ask(holder)
	if err := web.Check(); !errors.Is(err, app.ErrTerminated) || !strings.Contains(err.Error(), "bob") {
		t.Errorf("check after the request: %v", err)
	}
	if err := api.Check(); err != nil {
		t.Errorf("the other application's lock: %v", err)
	}
	for _, l := range []app.Lock{web, api} {
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
	again := take("web")
	if err := again.Check(); err != nil {
		t.Errorf("check of a lock that was taken after the request: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func lockSkips(t *testing.T, p Place) {
	s, other := p.created(t, "web", "api").Locks, p.Open(t).Locks
	take := func() app.Lock {
		t.Helper()
		l, err := s.Lock(t.Context(), p.key("web"), ada())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	has := func(l app.Lock, want []app.HookSkip) {
		t.Helper()
		got, err := l.Skips()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, skips (-want +got):\n%s", err, diff)
		}
	}
	web := take()
	has(web, nil)
	migrate := app.HookSkip{Operation: "op-1", Hook: object.Ref{Group: "batch", Kind: "Job", Namespace: "web", Name: "migrate"}, By: "bob", Why: "it\nhangs"}
	seed := migrate
	seed.Hook.Name = "seed"
	for key, skip := range map[string]app.HookSkip{"web": migrate, "api": seed} {
		if err := other.SkipHook(t.Context(), p.key(key), skip); err != nil {
			t.Fatal(err)
		}
	}
	has(web, []app.HookSkip{migrate})
	if err := other.SkipHook(t.Context(), p.key("web"), seed); err != nil {
		t.Fatal(err)
	}
	has(web, []app.HookSkip{migrate, seed})
	if err := web.Release(); err != nil {
		t.Fatal(err)
	}
	again := take()
	has(again, nil)
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func lockTwo(t *testing.T, p Place) {
	s := p.created(t, "web", "api").Locks
	for _, name := range []string{"web", "api", "released-one"} {
		l, err := s.Lock(t.Context(), p.key(name), ada())
		if err != nil {
			t.Fatalf("lock %s: %v", name, err)
		}
		t.Cleanup(func() {
			if err := l.Release(); err != nil {
				t.Error(err)
			}
		})
	}
}

func lockAutomation(t *testing.T, p Place) {
	s, other := p.Open(t).Locks, p.Open(t).Locks
	if _, ok, err := other.AutomationHolder(t.Context()); ok || err != nil {
		t.Errorf("before anybody held it: %v, %v", ok, err)
	}
	held, err := s.LockAutomation(t.Context(), ada())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.LockAutomation(t.Context(), app.Holder{Name: "bob"}); !errors.Is(err, app.ErrLocked) {
		t.Errorf("the second lock gave %v", err)
	}
	if h, ok, err := other.AutomationHolder(t.Context()); !ok || err != nil || h != ada() {
		t.Errorf("the holder is %v, %v, %v", h, ok, err)
	}
	if err := held.Release(); err != nil {
		t.Error(err)
	}
}

func lockRace(t *testing.T, p Place) {
	var wg sync.WaitGroup
	won := make(chan app.Lock, 8)
	for range cap(won) {
		s := p.Open(t).Locks
		wg.Go(func() {
			if _, _, err := s.Holder(t.Context(), p.key("web")); err != nil {
				t.Errorf("ask for the holder: %v", err)
			}
			l, err := s.Lock(t.Context(), p.key("web"), ada())
			if err == nil {
				won <- l
			} else if !errors.Is(err, app.ErrLocked) {
				t.Errorf("lock: %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d took the lock", len(won))
	}
	if err := (<-won).Release(); err != nil {
		t.Error(err)
	}
}
