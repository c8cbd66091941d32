package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// heal lets somebody change an object back this long after every heal, and returns the pauses that healing made.
func heal(changes int, after time.Duration) []time.Duration {
	in := drifting(app.Automated{SelfHeal: true})
	var pauses []time.Duration
	for range changes {
		in.Now = in.Now.Add(after)
		var pause time.Duration
		d := plan.AutoSync(in)
		for !d.Do {
			pause += d.Wait
			in.Now = in.Now.Add(d.Wait)
			d = plan.AutoSync(in)
		}
		pauses = append(pauses, pause)
		in.Heat.Add(nginx, in.Now)
	}
	return pauses
}

func TestChangesByHandAreHealedAtOnce(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{
		"one after the other": time.Second, "now and then": time.Minute, "as fast as can be": 0,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, pause := range heal(10, after) {
				if pause != 0 {
					t.Errorf("change %d waited %s", i+1, pause)
				}
			}
		})
	}
}

func TestRareChangesNeverWait(t *testing.T) {
	t.Parallel()
	for i, pause := range heal(200, time.Minute) {
		if pause != 0 {
			t.Fatalf("change %d waited %s", i+1, pause)
		}
	}
}

func TestAFightIsHealedLessAndLess(t *testing.T) {
	t.Parallel()
	pauses := heal(40, 300*time.Millisecond)
	for i := 1; i < len(pauses); i++ {
		if pauses[i] < pauses[i-1] {
			t.Fatalf("the pauses shrink while the fight goes on: %v", pauses)
		}
	}
	if last := pauses[len(pauses)-1]; last < 4*time.Minute || last > 5*time.Minute {
		t.Errorf("the last pause is %s, want almost five minutes", last)
	}
}

func TestASlowFightIsNoticed(t *testing.T) {
	t.Parallel()
	pauses := heal(60, 15*time.Second)
	if last := pauses[len(pauses)-1]; last == 0 {
		t.Error("an autoscaler that acts every 15 s is fought for ever")
	}
}

func TestAfterAFightHealingIsQuickAgain(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{SelfHeal: true})
	for range 100 {
		in.Heat.Add(nginx, in.Now)
	}
	if d := plan.AutoSync(in); d.Do {
		t.Fatal("the fight was not noticed")
	}
	in.Now = in.Now.Add(15 * time.Minute)
	for range 3 {
		if d := plan.AutoSync(in); !d.Do {
			t.Errorf("a change long after the fight waits %s", d.Wait)
		}
		in.Heat.Add(nginx, in.Now)
	}
}

func TestOnlyTheFoughtOverObjectWaits(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{SelfHeal: true})
	calm := object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "calm"}
	in.Diffs[0].Changes = []diff.Change{{Path: ".spec.replicas", Manager: "kube-controller-manager"}}
	in.Diffs = append(in.Diffs, &diff.Diff{Ref: calm, Verdict: diff.Differs})
	for range 12 {
		in.Heat.Add(nginx, in.Now)
	}
	d := plan.AutoSync(in)
	if !d.Do || len(d.Options.Resources) != 1 || d.Options.Resources[0] != calm {
		t.Errorf("got %+v, want a heal of %s", d, calm)
	}
	for verdict, want := range map[diff.Verdict]string{
		diff.Create: "self-heal pauses: Deployment/web/nginx keeps being deleted", diff.Prune: "self-heal pauses: Deployment/web/nginx keeps being made again",
		diff.Conflict: "",
	} {
		if got := in.Heat.Fight([]object.Ref{nginx}, []*diff.Diff{{Ref: nginx, Verdict: verdict}}, in.Now); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("of what is %s it says %q", verdict, got)
		}
	}
	if d.Wait != 2*time.Second {
		t.Errorf("the other waits %s, want 2s", d.Wait)
	}
	if want := "self-heal pauses: .spec.replicas of Deployment/web/nginx keeps being changed back by kube-controller-manager"; !strings.HasPrefix(d.Fight, want) {
		t.Errorf("got %q, want %q", d.Fight, want)
	}
}
