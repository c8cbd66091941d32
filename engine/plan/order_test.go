package plan_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everything is an application with something of each kind, phase and wave.
func everything() *situation {
	crd := thing("CustomResourceDefinition/widgets.example.com")
	crd.Object["spec"] = map[string]any{"group": "example.com", "names": map[string]any{"kind": "Widget"}}
	return situate().
		want(diff.Create,
			thing("Widget/web/early", "sync-wave=-2"), thing("Gadget/web/a"), thing("Widget/web/b"), crd,
			thing("Deployment/web/nginx"), thing("Service/web/nginx"), thing("Secret/web/token"), thing("ConfigMap/web/settings"),
			thing("ConfigMap/jobs/settings"), thing("ClusterRole/reader"), thing("Namespace/jobs"), thing("Namespace/idle"),
			thing("StatefulSet/web/db", "sync-wave=1"), thing("PersistentVolumeClaim/web/data", "sync-wave=1"),
			thing("Job/jobs/migrate", "hook=PreSync", "sync-wave=3"), thing("Job/web/smoke", "hook=PostSync"),
			thing("Job/web/alarm", "hook=SyncFail"), thing("Job/web/bye", "hook=PostDelete"),
		).
		want(diff.Differs, thing("Deployment/web/api")).
		extra(alive("ConfigMap/web/old"), alive("Deployment/web/old"), alive("Service/web/old", "sync-wave=4"))
}

func TestOrderOfAPlan(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "order.golden")
	got := strings.Join(ids(everything().build(t)), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("the order (-want +got):\n%s", d)
	}
}

func TestOrderDoesNotDependOnTheOrderOfInput(t *testing.T) {
	t.Parallel()
	want := everything().build(t)
	for seed := range uint64(50) {
		s := everything()
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(s.in.Objects), func(i, j int) {
			s.in.Objects[i], s.in.Objects[j] = s.in.Objects[j], s.in.Objects[i]
		})
		got := s.build(t)
		if d := cmp.Diff(ids(want), ids(got)); d != "" {
			t.Fatalf("seed %d: the order (-want +got):\n%s", seed, d)
		}
		if got.Hash != want.Hash {
			t.Fatalf("seed %d: hash %s, want %s", seed, got.Hash, want.Hash)
		}
	}
}

func TestContainersComeBeforeWhatTheyHold(t *testing.T) {
	t.Parallel()
	p := everything().build(t)
	at := map[string]int{}
	for i, s := range p.Steps {
		at[s.Ref.String()] = i
	}
	for first, then := range map[string]string{
		"Namespace/jobs": "Job/jobs/migrate",
		"CustomResourceDefinition/widgets.example.com": "Widget/web/early",
	} {
		if at[first] > at[then] {
			t.Errorf("%s comes after %s", first, then)
		}
	}
	if s := p.Steps[at["Namespace/jobs"]]; s.Phase != plan.PreSync || s.Wave != 3 {
		t.Errorf("Namespace/jobs is in %s %d, want the hook's place", s.Phase, s.Wave)
	}
	if s := p.Steps[at["Namespace/idle"]]; s.Phase != plan.Sync || s.Wave != 0 {
		t.Errorf("Namespace/idle is in %s %d, although nothing needs it earlier", s.Phase, s.Wave)
	}
}

func TestIDsAreUnique(t *testing.T) {
	t.Parallel()
	other := thing("Deployment/web/nginx")
	other.SetAPIVersion("example.com/v1")
	p := everything().want(diff.Create, other).build(t)
	seen := map[string]bool{}
	for _, id := range ids(p) {
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
	}
}

func BenchmarkBuild1000(b *testing.B) {
	s := situate()
	var objects []*unstructured.Unstructured
	for i := range 1000 {
		u := thing(fmt.Sprintf("ConfigMap/web/settings-%d", i))
		u.Object["data"] = map[string]any{"a": "1", "b": strings.Repeat("x", 200)}
		objects = append(objects, u)
	}
	s.want(diff.Differs, objects...)
	for b.Loop() {
		if _, err := plan.Build(s.in); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAPlanThatCannotSucceedDeletesLast has a step that is refused for what it is, or only for what else there is.
func TestAPlanThatCannotSucceedDeletesLast(t *testing.T) {
	t.Parallel()
	const note = "a step cannot succeed: what git has no more comes after all else, and stays"
	refused := func(v diff.Verdict, invalid bool) *situation {
		s := everything()
		s.want(v, thing("Ingress/web/nginx"))
		s.in.Objects[len(s.in.Objects)-1].Diff.Reason = "no"
		s.in.Objects[len(s.in.Objects)-1].Diff.Invalid = invalid
		return s
	}
	for name, c := range map[string]struct {
		s    *situation
		last bool
	}{
		"nothing is refused":           {everything(), false},
		"what may be accepted by then": {refused(diff.Refused, false), false},
		"what is not valid":            {refused(diff.Refused, true), true},
		"what cannot be changed":       {refused(diff.Immutable, false), true},
		"what was not compared":        {refused(diff.NotCompared, false), true},
		"a kind that nobody serves":    {refused(diff.MissingKind, false), true},
		"a kind that the same app has": {refused(diff.Create, false), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.s.build(t)
			last, deleted := true, []string{}
			for _, s := range p.Steps {
				switch {
				case s.Phase != plan.Sync:
				case s.Verb == plan.Delete:
					deleted = append(deleted, s.Ref.String())
				case len(deleted) > 0:
					last = false
				}
			}
			if last != c.last || slices.Contains(p.Notes, note) != c.last {
				t.Errorf("deletions are last: %t, notes %q", last, p.Notes)
			}
			if d := cmp.Diff([]string{"Service/web/old", "Deployment/web/old", "ConfigMap/web/old"}, deleted); d != "" {
				t.Errorf("they are deleted as (-want +got):\n%s", d)
			}
		})
	}
}

// TestWhatAPlanRisks tells plans whose creations are to be asked about before anything is deleted or a hook is run.
func TestWhatAPlanRisks(t *testing.T) {
	t.Parallel()
	made, changed, hook := thing("ConfigMap/web/new"), thing("ConfigMap/web/a"), thing("Job/web/migrate", "hook=PreSync")
	for name, c := range map[string]struct {
		s    *situation
		want bool
	}{
		"a creation beside a deletion": {situate().want(diff.Create, made).extra(alive("ConfigMap/web/old")), true},
		"a creation beside a hook":     {situate().want(diff.Create, made, hook), true},
		"a creation alone":             {situate().want(diff.Create, made), false},
		"a change beside a deletion":   {situate().want(diff.Differs, changed).extra(alive("ConfigMap/web/old")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := c.s.build(t); p.Risks() != c.want {
				t.Errorf("it risks something: %t", !c.want)
			}
		})
	}
}
