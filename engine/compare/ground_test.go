package compare_test

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var maps = schema.GroupResource{Resource: "configmaps"}

func TestTheGroundOfAVerdict(t *testing.T) {
	t.Parallel()
	refused := apierrors.NewForbidden(maps, "settings", errors.New(`User "eve" cannot patch resource "configmaps"`))
	acting := apierrors.NewBadRequest(`admission webhook "w.example.com" does not support dry run`)
	for name, c := range map[string]struct {
		cluster cluster
		plan    bool
		verdict diff.Verdict
		how     diff.How
		asked   int
		says    string
	}{
		"a merge that changes nothing is proof":            {cluster{proof: object.Unchanged}, false, diff.InSync, diff.Proof, 0, ""},
		"a merge that changes the owners is proof":         {cluster{proof: object.OwnersChange}, false, diff.OwnershipOnly, diff.Proof, 0, ""},
		"a plan has the server say what changes owners":    {cluster{proof: object.OwnersChange, answer: configMap("1", "red")}, true, diff.InSync, diff.Server, 1, ""},
		"a plan takes a proof that nothing changes":        {cluster{proof: object.Unchanged}, true, diff.InSync, diff.Proof, 0, ""},
		"what is not proven is asked":                      {cluster{answer: configMap("1", "blue")}, false, diff.Differs, diff.Server, 1, ""},
		"where a webhook may change it the server decides": {cluster{proof: object.Unchanged, epoch: object.Epoch{Mutators: []string{"w"}}, answer: configMap("1", "red")}, false, diff.InSync, diff.Server, 1, ""},
		"where webhooks are unknown the server decides":    {cluster{proof: object.Unchanged, epoch: object.Epoch{MutatorsUnknown: "forbidden"}, answer: configMap("1", "red")}, false, diff.InSync, diff.Server, 1, ""},
		"where there is no schema the server decides":      {cluster{proof: object.Unchanged, epochErr: errors.New("no schema"), answer: configMap("1", "red")}, false, diff.InSync, diff.Server, 1, ""},
		"who may not ask gets the merge":                   {cluster{refusal: refused}, false, diff.Differs, diff.Proof, 1, "cannot patch"},
		"a webhook that acts is not asked":                 {cluster{refusal: acting}, false, diff.Differs, diff.Proof, 1, "does not support dry run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := comparer(&c.cluster, nil, noon)
			by.Plan = c.plan
			d, asked := verdict(t, by, &c.cluster, configMap("", "green"), configMap("1", "red"))
			if d.Verdict != c.verdict || d.How != c.how || asked != c.asked || !strings.Contains(d.Unchecked, c.says) {
				t.Errorf("it is %s by %s after %d questions, unchecked because %q; want %s by %s after %d because %q",
					d.Verdict, d.How, asked, d.Unchecked, c.verdict, c.how, c.asked, c.says)
			}
			if c.says == "" && d.Unchecked != "" {
				t.Errorf("unchecked because %q", d.Unchecked)
			}
		})
	}
}

func TestOnlyAMissingRightRefusesTheStep(t *testing.T) {
	t.Parallel()
	acting := &cluster{refusal: apierrors.NewBadRequest(`admission webhook "w.example.com" does not support dry run`)}
	d, _ := verdict(t, comparer(acting, nil, noon), acting, configMap("", "green"), configMap("1", "red"))
	if d.Denied != "" {
		t.Errorf("a webhook with side effects is taken for a missing right: %q", d.Denied)
	}
	forbidden := &cluster{refusal: apierrors.NewForbidden(maps, "settings", errors.New(`User "eve" cannot patch it`))}
	if d, _ = verdict(t, comparer(forbidden, nil, noon), forbidden, configMap("", "green"), configMap("1", "red")); d.Denied == "" {
		t.Error("a missing right is not told")
	}
}

func TestWhatIsNotThereIsAskedForPlansOnly(t *testing.T) {
	t.Parallel()
	c := &cluster{}
	by := comparer(c, nil, noon)
	if d, asked := verdict(t, by, c, configMap("", "red"), nil); d.Verdict != diff.Create || asked != 0 {
		t.Errorf("a refresh asks %d times and says %s", asked, d.Verdict)
	}
	by.Plan = true
	if d, asked := verdict(t, by, c, configMap("", "red"), nil); d.Verdict != diff.Create || d.How != diff.Server || asked != 1 {
		t.Errorf("a plan asks %d times and says %s by %s", asked, d.Verdict, d.How)
	}
}

func TestAnAnswerAboutANewerObjectIsComparedWithThat(t *testing.T) {
	t.Parallel()
	c := &cluster{answer: configMap("2", "red"), newest: configMap("2", "red")}
	d, newest, err := comparer(c, nil, noon).Compare(t.Context(), configMap("", "red"), configMap("1", "blue"))
	if err != nil || d.Verdict != diff.InSync || newest == nil || newest.GetResourceVersion() != "2" {
		t.Errorf("it is %s with %v (%v)", d.Verdict, newest, err)
	}
}

func TestARefusedChangeIsTriedAsANewObject(t *testing.T) {
	t.Parallel()
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "settings", nil)
	for name, c := range map[string]struct {
		create  error
		verdict diff.Verdict
	}{
		"one that would be created is immutable": {nil, diff.Immutable},
		"one that would not is refused":          {invalid, diff.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{refusal: invalid, others: func(u *unstructured.Unstructured) error {
				if u.GetName() == "settings" {
					return invalid
				}
				return c.create
			}}
			if d, asked := verdict(t, comparer(server, nil, noon), server, configMap("", "blue"), configMap("1", "red")); d.Verdict != c.verdict || asked != 2 {
				t.Errorf("it is %s after %d questions", d.Verdict, asked)
			}
		})
	}
}

func TestWhatMovesWhileTheServerLooksIsAskedAgain(t *testing.T) {
	t.Parallel()
	moved := apierrors.NewConflict(maps, "settings", errors.New("the object has been modified"))
	held := apierrors.NewApplyConflict([]metav1.StatusCause{{Type: metav1.CauseTypeFieldManagerConflict}}, "held by helm")
	for name, c := range map[string]struct {
		refusals []error
		verdict  diff.Verdict
		asked    int
	}{
		"once":                     {[]error{moved}, diff.Create, 2},
		"all the time":             {[]error{moved, moved, moved, moved}, diff.Create, 4},
		"a field held by somebody": {[]error{held}, diff.Conflict, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := c.refusals
			server := &cluster{others: func(*unstructured.Unstructured) error {
				if len(left) == 0 {
					return nil
				}
				err := left[0]
				left = left[1:]
				return err
			}}
			by := comparer(server, nil, noon)
			by.Plan = true
			if d, asked := verdict(t, by, server, configMap("", "red"), nil); d.Verdict != c.verdict || asked != c.asked {
				t.Errorf("it is %s (%s) after %d questions, want %s after %d", d.Verdict, d.Reason, asked, c.verdict, c.asked)
			}
		})
	}
}
