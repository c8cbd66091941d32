package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// bound are names that mean clusters.
type bound struct {
	Bindings
	names map[string]app.ClusterIdentity
}

func (bound) Released(context.Context) ([]app.Released, error) { return nil, nil }

func (b bound) Bound(context.Context) (map[string]app.ClusterIdentity, error) {
	return maps.Clone(b.names), nil
}

// halting keeps halts in memory.
type halting struct {
	halts []app.Halt
	// full is why none can be stored, nil where one can.
	full error
}

func (h *halting) Halts(context.Context) ([]app.Halt, error) { return slices.Clone(h.halts), nil }

func (h *halting) Halt(_ context.Context, halt app.Halt) error {
	if h.full == nil {
		h.halts = append(h.halts, halt)
	}
	return h.full
}

func (h *halting) Unhalt(_ context.Context, cluster string) error {
	h.halts = slices.DeleteFunc(h.halts, func(o app.Halt) bool { return o.Cluster == cluster })
	return nil
}

// twoNames are a context and a URL for one cluster, and a context for another.
var twoNames = map[string]app.ClusterIdentity{"home": "one", "https://home.example.com": "one", "far": "two"}

// breaking is an engine with some applications of each name, all of which were examined.
func breaking(t *testing.T, apps map[string]int) (*Engine, *halting, map[string][]*examination) {
	t.Helper()
	halts := &halting{}
	e := New(Ports{Bindings: bound{names: twoNames}, Halts: halts}, Options{})
	t.Cleanup(e.Close)
	looks := map[string][]*examination{}
	for name, n := range apps {
		for i := range n {
			x := &examination{id: twoNames[name], concluded: &conclusion{}}
			x.app.Metadata.Name = fmt.Sprintf("%d of %s", i, name)
			x.app.Spec.Destination.Name = name
			e.entry(x.app.Key()).adopt(x.app, time.Now())
			looks[name] = append(looks[name], x)
		}
	}
	return e, halts, looks
}

// drift has one application differ where it did not.
func drift(e *Engine, x *examination, now time.Time) {
	e.drifted(x, &examination{app: x.app, id: x.id, concluded: &conclusion{differs: true}}, x.app.Status.OperationState, now)
}

// unasked are bindings that nobody should ask for.
type unasked struct{ bound }

func (unasked) Bound(context.Context) (map[string]app.ClusterIdentity, error) {
	return nil, errors.New("the bindings were read")
}

// TestApplicationsAreCountedOnlyWhenManyDrifted asks before each automatic sync, of which there may be thousands at a time.
func TestApplicationsAreCountedOnlyWhenManyDrifted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	e, _, looks := breaking(t, map[string]int{"home": 4})
	e.running = true
	e.ports.Bindings = unasked{}
	drift(e, looks["home"][0], now)
	drift(e, looks["home"][1], now)
	if why, err := e.halted(t.Context(), looks["home"][0], now); why != "" || err != nil {
		t.Errorf("after two drifts: %q, %v", why, err)
	}
	drift(e, looks["home"][2], now)
	if _, err := e.halted(t.Context(), looks["home"][0], now); err == nil {
		t.Error("after three drifts nobody asks which applications are in the cluster")
	}
}

func TestOneClusterByTwoNamesBreaksOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	pauses := func(e *Engine, x *examination) string {
		t.Helper()
		why, err := e.halted(t.Context(), x, now)
		if err != nil {
			t.Fatal(err)
		}
		return why
	}
	for other, lift := range map[string]string{"home": "https://home.example.com", "https://home.example.com": "home"} {
		e, halts, looks := breaking(t, map[string]int{"home": 4, "https://home.example.com": 4, "far": 4})
		e.running = true
		drift(e, looks[other][0], now)
		drift(e, looks[other][1], now)
		drift(e, looks["far"][0], now)
		if why := pauses(e, looks[other][0]); why != "" {
			t.Fatalf("after two drifts %s pauses: %s", other, why)
		}
		drift(e, looks[lift][0], now)
		why := pauses(e, looks[other][0])
		if !strings.Contains(why, "3 of 8 applications drifted") || !strings.HasSuffix(why, "wheelhouse cluster resume "+other) {
			t.Errorf("after three drifts in 8 applications it says %q", why)
		}
		if again := pauses(e, looks[lift][3]); again != why {
			t.Errorf("by the name %s it says %q", lift, again)
		}
		if why := pauses(e, looks["far"][0]); why != "" {
			t.Errorf("another cluster pauses: %s", why)
		}
		if d := cmp.Diff([]app.Halt{{Cluster: other, Identity: "one", Reason: "3 of 8 applications drifted within a minute, without a commit", Since: now}}, halts.halts); d != "" {
			t.Errorf("kept is (-want +got):\n%s", d)
		}

		if err := e.Unhalt(t.Context(), app.Principal{Role: app.Admin}, lift); err != nil {
			t.Fatal(err)
		}
		if n := e.queue.Len(); n != 8 {
			t.Errorf("%d applications are looked at", n)
		}
		for _, name := range []string{other, lift} {
			if why := pauses(e, looks[name][0]); why != "" {
				t.Errorf("let go on, %s pauses: %s", name, why)
			}
		}
	}
}

// TestAHaltThatAnotherProcessEndedCountsAnew has another process let automation go on: what had drifted was looked at.
func TestAHaltThatAnotherProcessEndedCountsAnew(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	e, halts, looks := breaking(t, map[string]int{"home": 2, "https://home.example.com": 2})
	for _, name := range []string{"home", "https://home.example.com"} {
		drift(e, looks[name][0], now)
		drift(e, looks[name][1], now)
	}
	for _, want := range []bool{true, false} {
		for name, x := range looks {
			if why, err := e.halted(t.Context(), x[0], now); err != nil || (why != "") != want {
				t.Errorf("%s pauses with %q (%v), want %v", name, why, err, want)
			}
		}
		halts.halts = nil
	}
}

// TestAHaltThatCannotBeStoredHoldsAllTheSame has no application go on where too many have drifted.
func TestAHaltThatCannotBeStoredHoldsAllTheSame(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	e, halts, looks := breaking(t, map[string]int{"home": 4})
	halts.full = errors.New("no space left on device")
	for _, x := range looks["home"] {
		drift(e, x, now)
	}
	for range 2 {
		if why, err := e.halted(t.Context(), looks["home"][0], now); !errors.Is(err, halts.full) {
			t.Errorf("it is %q, and %v", why, err)
		}
	}
	halts.full = nil
	if why, err := e.halted(t.Context(), looks["home"][0], now); why == "" || err != nil {
		t.Errorf("when it can be stored it is %q, and %v", why, err)
	}
}

// TestEveryHaltOfAClusterIsLifted has two halts by two names, as when two applications found at once that there are too many drifts.
func TestEveryHaltOfAClusterIsLifted(t *testing.T) {
	t.Parallel()
	e, halts, _ := breaking(t, nil)
	far := app.Halt{Cluster: "far", Identity: "two"}
	halts.halts = []app.Halt{far, {Cluster: "home", Identity: "one"}, {Cluster: "https://home.example.com", Identity: "one"}}
	admin := app.Principal{Role: app.Admin}
	if err := e.Unhalt(t.Context(), admin, "home"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]app.Halt{far}, halts.halts); d != "" {
		t.Errorf("left are (-want +got):\n%s", d)
	}
	for _, name := range []string{"home", "nowhere"} {
		if err := e.Unhalt(t.Context(), admin, name); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("letting %s go on, where nothing is paused, ends with %v", name, err)
		}
	}
}

// TestAHaltHoldsForItsName has a halt of an earlier release, and one of a name that means another cluster by now.
func TestAHaltHoldsForItsName(t *testing.T) {
	t.Parallel()
	for _, id := range []app.ClusterIdentity{"", "another"} {
		e, halts, looks := breaking(t, map[string]int{"home": 1, "https://home.example.com": 1})
		halts.halts = []app.Halt{{Cluster: "home", Identity: id}}
		for name, want := range map[string]bool{"home": true, "https://home.example.com": false} {
			if why, err := e.halted(t.Context(), looks[name][0], time.Now()); err != nil || (why != "") != want {
				t.Errorf("%s pauses with %q (%v), want %v", name, why, err, want)
			}
		}
		if err := e.Unhalt(t.Context(), app.Principal{Role: app.Admin}, "home"); err != nil || len(halts.halts) > 0 {
			t.Errorf("it was not let go on: %v (%v)", halts.halts, err)
		}
	}
}

// TestWhatIsNoDrift has an application begin to differ, for a reason or for none.
func TestWhatIsNoDrift(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(before, x *examination)
		drift  bool
	}{
		"nothing else has changed": {func(_, _ *examination) {}, true},
		"a commit":                 {func(_, x *examination) { x.want.commits = []app.Commit{{ID: "c2"}} }, false},
		"another revision":         {func(_, x *examination) { x.app.Spec.Source = &app.Source{TargetRevision: "main"} }, false},
		"what counts as a difference": {func(_, x *examination) {
			x.app.Spec.IgnoreDifferences = []app.IgnoreDifference{{Kind: "Deployment", JSONPointers: []string{"/spec/replicas"}}}
		}, false},
		"what counted before": {func(before, _ *examination) {
			before.app.Spec.IgnoreDifferences = []app.IgnoreDifference{{Kind: "Deployment", JSONPointers: []string{"/spec/replicas"}}}
		}, false},
		"an option of syncs": {func(_, x *examination) {
			x.app.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: []string{"ServerSideApply=true"}}
		}, false},
		"what is written onto the namespace": {func(_, x *examination) {
			x.app.Spec.SyncPolicy = &app.SyncPolicy{ManagedNamespaceMetadata: &app.NamespaceMetadata{Labels: map[string]string{"team": "web"}}}
		}, false},
		"a policy that changes no comparison": {func(_, x *examination) {
			x.app.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true}}
		}, true},
		"a line of information": {func(_, x *examination) { x.app.Spec.Info = []app.Info{{Name: "team", Value: "web"}} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _, looks := breaking(t, map[string]int{"home": 1})
			before := looks["home"][0]
			x := &examination{app: before.app, id: before.id, concluded: &conclusion{differs: true}}
			c.change(before, x)
			e.drifted(before, x, before.app.Status.OperationState, now)
			if n := len(e.drifts["one"]); (n == 1) != c.drift {
				t.Errorf("%d drifts are counted", n)
			}
		})
	}
}

// TestWhatSomebodyDoesIsNoDrift has an application begin to differ while operations run, end and have ended.
func TestWhatSomebodyDoesIsNoDrift(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	operation := func(by app.Initiator, ago, took time.Duration) *app.OperationState {
		op := &app.OperationState{Operation: app.Operation{InitiatedBy: by, Sync: &app.SyncOperation{}}, Phase: app.OperationRunning, StartedAt: now.Add(-ago)}
		if took > 0 {
			ended := op.StartedAt.Add(took)
			op.Phase, op.FinishedAt = app.OperationSucceeded, &ended
		}
		return op
	}
	dry := func(op *app.OperationState) *app.OperationState {
		op.Operation.Sync.DryRun = true
		return op
	}
	failed := func(op *app.OperationState) *app.OperationState {
		op.Phase = app.OperationFailed
		return op
	}
	ada, automation := app.Initiator{Username: "ada"}, app.Initiator{Automated: true}
	pinned := map[string]string{app.AnnotationPin: "r1"}
	for name, c := range map[string]struct {
		// before and read are the operation as the two examinations began with it, after is the one that is stored once the second ended.
		before, read, after *app.OperationState
		annotations         map[string]string
		open                bool
		drift               bool
	}{
		"nothing was ever done": {drift: true},
		"one runs":              {before: operation(ada, time.Hour, time.Minute), read: operation(ada, 10*time.Second, 0), after: operation(ada, 10*time.Second, 0), open: true},
		"one runs since before the examination before": {
			before: operation(ada, time.Minute, 0), read: operation(ada, time.Minute, 0), after: operation(ada, time.Minute, 0), open: true,
		},
		"the first one runs and has not said so":    {open: true},
		"one has ended since":                       {before: operation(ada, time.Minute, 0), read: operation(ada, time.Minute, 50*time.Second), after: operation(ada, time.Minute, 50*time.Second)},
		"one has begun and ended since":             {read: operation(ada, 10*time.Second, time.Second), after: operation(ada, 10*time.Second, time.Second)},
		"one began and ended during the second":     {after: operation(ada, time.Second, time.Second)},
		"one failed since":                          {before: operation(ada, time.Minute, 0), after: failed(operation(ada, time.Minute, 50*time.Second))},
		"the document went away with its deletion":  {read: operation(ada, time.Second, 0)},
		"it was rolled back and is pinned":          {before: operation(ada, time.Minute, time.Second), read: operation(ada, time.Minute, time.Second), after: operation(ada, time.Minute, time.Second), annotations: pinned},
		"a pin has ended":                           {annotations: map[string]string{app.AnnotationPin: "r1", app.AnnotationPinUntil: now.Add(-time.Second).Format(time.RFC3339)}, drift: true},
		"one ended a minute before":                 {before: operation(ada, 2*time.Minute, time.Minute), read: operation(ada, 2*time.Minute, time.Minute), after: operation(ada, 2*time.Minute, time.Minute), drift: true},
		"a dry run ran":                             {read: dry(operation(ada, time.Second, time.Second)), after: dry(operation(ada, time.Second, time.Second)), drift: true},
		"automation puts it back":                   {before: operation(automation, time.Second, 0), read: operation(automation, time.Second, 0), after: operation(automation, time.Second, 0), open: true, drift: true},
		"automation has put it back since":          {read: operation(automation, 2*time.Second, time.Second), after: operation(automation, 2*time.Second, time.Second), drift: true},
		"the state of an operation was not written": {before: operation(ada, time.Hour, time.Minute), read: operation(ada, time.Hour, time.Minute), drift: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _, looks := breaking(t, map[string]int{"home": 1})
			before := looks["home"][0]
			before.app.Status.OperationState = c.before
			x := &examination{app: before.app, id: before.id, at: now, open: c.open, concluded: &conclusion{differs: true}}
			x.app.Status.OperationState, x.app.Metadata.Annotations = c.read, c.annotations
			e.drifted(before, x, c.after, now)
			if n := len(e.drifts["one"]); (n == 1) != c.drift {
				t.Errorf("%d drifts are counted", n)
			}
		})
	}
}

// TestDriftsGoWithTheirApplications has applications that drifted leave their cluster: those that are left are counted alone.
func TestDriftsGoWithTheirApplications(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for name, leave := range map[string]func(*Engine, *examination){
		"deleted": func(e *Engine, x *examination) { e.forget(x.app.Key()) },
		"released": func(e *Engine, x *examination) {
			e.release(app.Released{Key: x.app.Key(), Destination: x.app.Spec.Destination})
		},
		"moved": func(e *Engine, x *examination) {
			there := &examination{app: x.app, id: "two", concluded: &conclusion{differs: true}}
			there.app.Spec.Destination.Name = "far"
			e.drifted(x, there, nil, now)
		},
		"deleted while it was looked at": func(e *Engine, x *examination) {
			e.forget(x.app.Key())
			drift(e, x, now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, _, looks := breaking(t, map[string]int{"home": 5})
			for _, x := range looks["home"][:3] {
				drift(e, x, now)
			}
			if n := len(e.drifts["one"]); n != 3 {
				t.Fatalf("%d drifts are counted", n)
			}
			leave(e, looks["home"][0])
			if why, err := e.halted(t.Context(), looks["home"][4], now); why != "" || err != nil {
				t.Errorf("with two left that drifted it says %q (%v)", why, err)
			}
		})
	}
}

// TestWhatCountsAsADifference takes only objects that a sync is to bring in line: hooks come and go with each.
func TestWhatCountsAsADifference(t *testing.T) {
	t.Parallel()
	front, migrate := deployment("front", 1, 1), deployment("migrate", 1, 1)
	migrate.SetAnnotations(map[string]string{"argocd.argoproj.io/hook": "PostSync"})
	extra := deployment("extra", 1, 1)
	ignored := extra.DeepCopy()
	ignored.SetAnnotations(map[string]string{object.AnnotationCompare: "IgnoreExtraneous"})
	for name, c := range map[string]struct {
		verdicts []diff.Verdict
		extra    *unstructured.Unstructured
		want     bool
	}{
		"nothing differs":              {verdicts: []diff.Verdict{diff.InSync, diff.NotCompared}},
		"a hook that is not there":     {verdicts: []diff.Verdict{diff.InSync, diff.Create}},
		"an object, whatever the hook": {verdicts: []diff.Verdict{diff.Differs, diff.Create}, want: true},
		"an extra object":              {verdicts: []diff.Verdict{diff.InSync, diff.Create}, extra: extra, want: true},
		"one that is ignored":          {verdicts: []diff.Verdict{diff.InSync, diff.Create}, extra: ignored},
	} {
		live := map[object.Ref]*unstructured.Unstructured{object.Of(front): front}
		if c.extra != nil {
			live[object.Of(c.extra)] = c.extra
		}
		if got := accounted([]*unstructured.Unstructured{front, migrate}, live, c.verdicts, nil).conclude().differs; got != c.want {
			t.Errorf("%s: it differs is %v", name, got)
		}
	}
}
