package compare_test

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestMemo(t *testing.T) {
	t.Parallel()
	moved := configMap("2", "red")
	moved.Object["status"] = map[string]any{"seen": true}
	moved.SetGeneration(3)
	for name, c := range map[string]struct {
		want, live *unstructured.Unstructured
		change     func(*compare.Comparer, *cluster)
		after      time.Duration
		asked      int
	}{
		"nothing has changed":                   {configMap("", "green"), configMap("1", "red"), nil, 0, 0},
		"only the status has moved":             {configMap("", "green"), moved, nil, 0, 0},
		"the live object has changed":           {configMap("", "green"), configMap("2", "blue"), nil, 0, 1},
		"the desired object has changed":        {configMap("", "black"), configMap("1", "red"), nil, 0, 1},
		"the rules have changed":                {configMap("", "green"), configMap("1", "red"), func(by *compare.Comparer, _ *cluster) { by.RulesID = "other" }, 0, 1},
		"the epoch has changed":                 {configMap("", "green"), configMap("1", "red"), func(_ *compare.Comparer, c *cluster) { c.epoch.ID = "next" }, 0, 1},
		"the answer has not come of age":        {configMap("", "green"), configMap("1", "red"), nil, 10 * time.Minute, 0},
		"the answer has come of age":            {configMap("", "green"), configMap("1", "red"), nil, 11 * time.Minute, 1},
		"too many answers have come of age":     {configMap("", "green"), configMap("1", "red"), func(by *compare.Comparer, _ *cluster) { by.Again = func() bool { return false } }, 11 * time.Minute, 0},
		"an answer that has come of age's turn": {configMap("", "green"), configMap("1", "red"), func(by *compare.Comparer, _ *cluster) { by.Again = func() bool { return true } }, 11 * time.Minute, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{answer: configMap("1", "green")}
			memo := compare.NewMemo()
			first, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "green"), configMap("1", "red"))
			if first.Verdict != diff.Differs || asked != 1 {
				t.Fatalf("at first it is %s after %d questions", first.Verdict, asked)
			}
			server.answer = configMap(c.live.GetResourceVersion(), "green")
			by := comparer(server, memo, noon.Add(c.after))
			if c.change != nil {
				c.change(by, server)
			}
			if d, asked := verdict(t, by, server, c.want, c.live); asked != c.asked || d.Verdict != diff.Differs {
				t.Errorf("it is %s after %d questions, want %d", d.Verdict, asked, c.asked)
			}
		})
	}
}

func TestAServersFailureServesForAMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refusal error
		after   time.Duration
		asked   int
	}{
		"a webhook failed just now":     {apierrors.NewInternalError(errors.New("failed calling webhook")), 15 * time.Second, 0},
		"a webhook failed a while ago":  {apierrors.NewInternalError(errors.New("failed calling webhook")), 16 * time.Second, 1},
		"the store failed a while ago":  {&apierrors.StatusError{ErrStatus: metav1.Status{Code: 500, Message: "etcdserver: leader changed"}}, 16 * time.Second, 1},
		"a webhook refused a while ago": {apierrors.NewForbidden(maps, "settings", errors.New("no")), 16 * time.Second, 0},
		"it was not valid a while ago":  {apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "settings", nil), 16 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{refusal: c.refusal}
			memo := compare.NewMemo()
			want, live := configMap("", "green"), configMap("1", "red")
			if first, _ := verdict(t, comparer(server, memo, noon), server, want, live); first.Verdict != diff.Refused && first.Verdict != diff.Immutable {
				t.Fatalf("at first it is %s", first.Verdict)
			}
			if d, asked := verdict(t, comparer(server, memo, noon.Add(c.after)), server, want, live); asked != c.asked {
				t.Errorf("it is %s after %d questions, want %d", d.Verdict, asked, c.asked)
			}
		})
	}
}

func TestAProofDoesNotAge(t *testing.T) {
	t.Parallel()
	server := &cluster{proof: object.Unchanged}
	memo := compare.NewMemo()
	for _, at := range []time.Time{noon, noon.Add(24 * time.Hour)} {
		if d, asked := verdict(t, comparer(server, memo, at), server, configMap("", "red"), configMap("1", "red")); d.How != diff.Proof || asked != 0 {
			t.Errorf("at %s it is by %s after %d questions", at, d.How, asked)
		}
	}
	if server.proved != 1 {
		t.Errorf("it was proved %d times", server.proved)
	}
}

func TestAnApplyIsRemembered(t *testing.T) {
	t.Parallel()
	server := &cluster{answer: configMap("7", "red")}
	memo := compare.NewMemo()
	memo.Learn(configMap("", "red"), object.Answer{Object: configMap("7", "red")}, object.Epoch{}, noon)

	status := configMap("8", "red")
	status.Object["status"] = map[string]any{"seen": true}
	for name, live := range map[string]*unstructured.Unstructured{"as it was answered": configMap("7", "red"), "with a status since": status} {
		if d, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "red"), live); d.Verdict != diff.InSync || d.How != diff.Server || asked != 0 {
			t.Errorf("%s it is %s by %s after %d questions", name, d.Verdict, d.How, asked)
		}
	}
	if _, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "blue"), configMap("7", "red")); asked != 1 {
		t.Error("another desired object is not asked about")
	}
	memo.Learn(configMap("", "red"), object.Answer{Object: configMap("7", "red")}, object.Epoch{}, noon)
	server.answer = configMap("9", "red")
	if d, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "red"), configMap("9", "blue")); asked != 1 || d.Verdict != diff.Differs {
		t.Errorf("an object that somebody changed since is %s after %d questions", d.Verdict, asked)
	}
}

// TestAnApplyIsRememberedInItsEpoch has a webhook come after an apply, before anybody has looked at what it made.
func TestAnApplyIsRememberedInItsEpoch(t *testing.T) {
	t.Parallel()
	server := &cluster{answer: configMap("7", "blue"), epoch: object.Epoch{ID: "with the webhook", Mutators: []string{"w"}}}
	memo := compare.NewMemo()
	memo.Learn(configMap("", "red"), object.Answer{Object: configMap("7", "red")}, object.Epoch{ID: "without"}, noon)
	if d, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "red"), configMap("7", "red")); d.Verdict != diff.Differs || asked != 1 {
		t.Errorf("it is %s after %d questions", d.Verdict, asked)
	}
	memo.Learn(configMap("", "red"), object.Answer{Object: configMap("7", "red")}, server.epoch, noon)
	if d, asked := verdict(t, comparer(server, memo, noon), server, configMap("", "red"), configMap("7", "red")); d.Verdict != diff.InSync || asked != 0 {
		t.Errorf("applied since, it is %s after %d questions", d.Verdict, asked)
	}
}

func TestForgottenObjectsAreAskedAgain(t *testing.T) {
	t.Parallel()
	server := &cluster{answer: configMap("1", "green")}
	memo := compare.NewMemo()
	want, live := configMap("", "green"), configMap("1", "red")
	verdict(t, comparer(server, memo, noon), server, want, live)
	memo.Keep([]object.Ref{object.Of(want)})
	if _, asked := verdict(t, comparer(server, memo, noon), server, want, live); asked != 0 {
		t.Error("a kept object is asked about again")
	}
	memo.Keep(nil)
	if _, asked := verdict(t, comparer(server, memo, noon), server, want, live); asked != 1 {
		t.Error("a forgotten object is not asked about")
	}
}

func TestAnEmptyListThatAnApplyLostIsAskedAbout(t *testing.T) {
	t.Parallel()
	want, made := configMap("", "red"), configMap("7", "red")
	want.Object["items"] = []any{}
	server := &cluster{answer: made}
	memo := compare.NewMemo()
	memo.Learn(want, object.Answer{Object: made}, object.Epoch{}, noon)
	if _, asked := verdict(t, comparer(server, memo, noon), server, want, made); asked != 1 {
		t.Errorf("the server is asked %d times", asked)
	}
}

// TestAPlanAsksAboutARefusalAgain has a refusal go by, which nothing tells of: a comparison at rest may remember it, a plan does not.
func TestAPlanAsksAboutARefusalAgain(t *testing.T) {
	t.Parallel()
	server := &cluster{refusal: apierrors.NewBadRequest("not today")}
	memo := compare.NewMemo()
	want, live := configMap("", "green"), configMap("1", "red")
	if d, _ := verdict(t, comparer(server, memo, noon), server, want, live); d.Verdict != diff.Refused {
		t.Fatalf("at first it is %s", d.Verdict)
	}
	server.refusal, server.answer = nil, configMap("1", "green")
	if d, asked := verdict(t, comparer(server, memo, noon), server, want, live); d.Verdict != diff.Refused || asked != 0 {
		t.Errorf("at rest it is %s after %d questions", d.Verdict, asked)
	}
	by := comparer(server, memo, noon)
	by.Plan = true
	if d, asked := verdict(t, by, server, want, live); d.Verdict != diff.Differs || asked != 1 {
		t.Errorf("to a plan it is %s after %d questions", d.Verdict, asked)
	}
}

// TestAVerdictThatHoldsIsTheOneOfBefore holds what it costs to recall the verdict of an object: nothing, but for one that has moved.
func TestAVerdictThatHoldsIsTheOneOfBefore(t *testing.T) {
	t.Parallel()
	server := &cluster{answer: configMap("1", "green")}
	by := comparer(server, compare.NewMemo(), noon)
	want, live, moved := configMap("", "green"), configMap("1", "red"), configMap("2", "red")
	moved.Object["status"] = map[string]any{"seen": true}
	verdict(t, by, server, want, live)
	first, ok := by.Known(t.Context(), object.Of(want), want, live)
	if !ok || first.Verdict != diff.Differs {
		t.Fatalf("it is known: %v, as %+v", ok, first)
	}
	for name, live := range map[string]*unstructured.Unstructured{"the same object": live, "one whose status has moved": moved} {
		if d, ok := by.Known(t.Context(), object.Of(want), want, live); !ok || d != first {
			t.Errorf("%s has a verdict of its own: %v", name, ok)
		}
	}
	if d, ok := by.Known(t.Context(), object.Of(want), want, configMap("3", "blue")); ok || d != nil {
		t.Errorf("what has changed is known: %+v", d)
	}
}
