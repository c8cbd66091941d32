package tui

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// edited is a store in which others wrote fields that git does not name.
func edited() *fakeEngine {
	e := shop()
	e.foreign = []engine.ObjectFields{
		{Ref: ref("ConfigMap", "payments", "config"), Fields: []diff.Field{
			{Path: ".data.debug", Manager: "kubectl-edit", Operation: "Update", Time: noon.Add(-2 * time.Hour)},
			{Path: ".data.trace", Manager: "kubectl-edit", Operation: "Update", Time: noon.Add(-2 * time.Hour)},
		}},
		{Ref: ref("Deployment", "payments", "payments"), Fields: []diff.Field{
			{Path: ".spec.paused", Manager: "kubectl-edit", Operation: "Update"},
			{Path: ".spec.replicas", Manager: "autoscaler", Operation: "Apply"},
			{Path: `.metadata.annotations["deployment.kubernetes.io/revision"]`, Manager: "kube-controller-manager", Operation: "Update"},
		}},
	}
	return e
}

func TestFieldsThatGitDoesNotNameAreListedApart(t *testing.T) {
	t.Parallel()
	c := open(t, edited(), 120, 60)
	c.press("d").shows("1 difference of 1", "5 fields that git does not name, which a sync leaves alone", "ConfigMap/payments/config",
		".data.debug  by kubectl-edit 2h", ".spec.replicas  by autoscaler, who applies it")
	c.press("/").write("debug").press("enter").shows("/debug: 1 line")
}

func TestNothingDiffersAndStillFieldsAreListed(t *testing.T) {
	t.Parallel()
	e := edited()
	e.diffs = nil
	open(t, e, 120, 60).press("d").shows("Nothing differs.", "5 fields that git does not name")
}

func TestFieldsAreTakenOverThroughAPlan(t *testing.T) {
	t.Parallel()
	e := edited()
	c := open(t, e, 120, 60)
	c.press("d", "t").shows("Take over the fields of", "kubectl-edit", "3 fields of 2 objects", "kube-controller-manager", "1 field of 1 object").hides("autoscaler  ")
	c.write("edit").press("enter").shows("payments ▸ plan", "fields of kubectl-edit").acted()
	if d := cmp.Diff(plan.Options{TakeOver: []string{"kubectl-edit"}}, e.asked()); d != "" {
		t.Errorf("the plan was made with (-want +got):\n%s", d)
	}
	c.press("S").acted("ada sync payments confirmed ")
}

func TestFieldsOfOneObjectAreTakenOver(t *testing.T) {
	t.Parallel()
	e := edited()
	c := open(t, e, 120, 60)
	c.press("enter", "j", "d").shows("3 fields that git does not name").hides("ConfigMap/payments/config")
	c.press("t").write("edit").press("enter").shows("fields of kubectl-edit")
	if got := e.asked(); len(got.Resources) != 1 || got.Resources[0] != ref("Deployment", "payments", "payments") {
		t.Errorf("the plan was made with %+v", got)
	}
}

func TestWhereNobodyWroteAFieldNoneIsTakenOver(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 60)
	c.press("d").hides("git does not name").press("t").shows("nobody wrote a field that git does not name")
	c.press("esc", "R", "d", "t").shows("these are records").acted()
}

func TestAViewerSeesWhatATakeoverWouldDo(t *testing.T) {
	t.Parallel()
	c := open(t, edited(), 160, 60).as(app.Principal{Name: "eve"})
	c.press("d", "t").write("edit").press("enter").shows("fields of kubectl-edit").press("S").shows(errViewer.Error()).acted()
}
