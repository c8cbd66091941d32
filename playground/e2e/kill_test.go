package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// TestKilled kills operations again and again, at points that are drawn over the kinds of journal entry, and resumes or undoes them,
// which is killed too: every object is as before or as planned, nothing is forgotten, and no hook that has not failed runs twice for one
// step of an operation.
//
// WHEELHOUSE_KILLS says how often (make soak: 200, each kind of entry and of operation at least five times), WHEELHOUSE_SEED repeats a run.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills, least := number(t, "WHEELHOUSE_KILLS", 10), 0
	if kills >= 100 {
		least = 5
	}
	seed := number(t, "WHEELHOUSE_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("%d kills with WHEELHOUSE_SEED=%d", kills, seed)
	k := newKiller(t, uint64(seed))
	for n := 1; n <= kills || n < 3*kills && k.hits[k.rarest(kinds)] < least; n++ {
		k.round(n)
		if t.Failed() {
			break
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(k.hits)) {
		t.Logf("%3d × %s", k.hits[kind], kind)
	}
	if kind := k.rarest(kinds); k.hits[kind] < least {
		t.Errorf("killed %q %d times only", kind, k.hits[kind])
	}
}

// TestEveryKindOfEntryIsDrawn holds what is killed at against what an operation can write, but for the pushes of a rollback, of which
// [TestKilledAfterThePush] kills.
func TestEveryKindOfEntryIsDrawn(t *testing.T) {
	t.Parallel()
	for verb := plan.Create; verb <= plan.HandBack; verb++ {
		for _, mark := range []app.JournalMark{app.JournalIntended, app.JournalDone, app.JournalFailed} {
			if entry := fmt.Sprint(mark, " ", verb); !slices.Contains(kinds, entry) {
				t.Errorf("no process is killed after %q", entry)
			}
		}
	}
	for _, mark := range []app.JournalMark{app.JournalStarted, app.JournalSkipped} {
		if entry := fmt.Sprint(mark, " ", plan.RunHook); !slices.Contains(kinds, entry) {
			t.Errorf("no process is killed after %q", entry)
		}
	}
}

func number(t *testing.T, name string, other int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return other
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// killer kills one application's operations.
type killer struct {
	t     *testing.T
	w     *program
	see   eyes
	repo  *repository
	rand  *rand.Rand
	hits  map[string]int
	hooks *seenHooks
	// commits is the number of the newest commit, and state that of the one that the cluster has.
	commits, state int
	// extra names the files that only the newest commit has.
	extra map[string]string
}

const victim = "victim"

func newKiller(t *testing.T, seed uint64) *killer {
	t.Helper()
	k := &killer{t: t, w: onOwnStore(t), rand: rand.New(rand.NewPCG(seed, 1)), hits: map[string]int{}}
	k.see = k.w.see()
	k.repo = newRepository(t, k.w.play, victim, files(0))
	k.w.create(victim, k.repo)
	k.w.must("app", "sync", victim)
	k.hooks = k.see.watchHooks(victim)
	k.see.refuse()
	return k
}

// files is the content of a commit. A sync from one to another creates, changes, replaces and prunes.
func files(n int) map[string]string {
	value := valueAt(n)
	fixed := withOptions("Replace=true,Force=true", inWave("1", configMap("fixed", value))) + "immutable: true\n"
	return map[string]string{
		"before.yaml":   hook("before", "PreSync"),
		"after.yaml":    strings.Replace(hook("after", "PostSync"), "name: after", "generateName: after-", 1),
		"rescue.yaml":   hook("rescue", "SyncFail"),
		"first.yaml":    hook("first", "PreDelete"),
		"last.yaml":     hook("last", "PostDelete"),
		"one.yaml":      configMap("one", value),
		"stubborn.yaml": configMap("stubborn", value),
		"two.yaml":      inWave("1", configMap("two", value)),
		"three.yaml":    inWave("2", configMap("three", value)),
		// It can only be replaced.
		"fixed.yaml": fixed,
		// In a wave of its own, so that something is waited for after its prune: there the process can be killed.
		"only.yaml": inWave("3", configMap(onlyAt(n), value)),
	}
}

// withOptions gives a manifest with annotations sync options.
func withOptions(options, manifest string) string {
	return strings.Replace(manifest, "annotations: {", "annotations: {argocd.argoproj.io/sync-options: \""+options+"\", ", 1)
}

func valueAt(n int) string { return fmt.Sprint("v", n) }

// onlyAt is the name of the object that one commit has alone.
func onlyAt(n int) string { return fmt.Sprint("only-", n) }

// commit pushes the next commit, with further files that the one after it does not have, and returns its number.
func (k *killer) commit(further map[string]string) int {
	k.t.Helper()
	k.commits++
	all := files(k.commits)
	for name := range k.extra {
		if _, usual := all[name]; !usual {
			all[name] = ""
		}
	}
	maps.Copy(all, further)
	k.extra = further
	k.repo.push(fmt.Sprint("commit ", k.commits), all)
	return k.commits
}

// syncs brings a new commit to the cluster in peace.
func (k *killer) syncs(further map[string]string) int {
	k.t.Helper()
	k.state = k.commit(further)
	k.w.must("app", "sync", victim, "--prune", "--yes")
	return k.state
}

// rarest returns one of the kinds that were hit least.
func (k *killer) rarest(kinds []string) string {
	least := slices.MinFunc(kinds, func(a, b string) int { return k.hits[a] - k.hits[b] })
	alike := slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return k.hits[kind] > k.hits[least] })
	return alike[k.rand.IntN(len(alike))]
}

// round kills an operation, and brings the application into order.
func (k *killer) round(n int) {
	k.t.Helper()
	s, entry, second := k.draw()
	d := s.prepare(k)
	hit := k.killAfter(d, entry)
	k.hits[hit]++
	if !ends(hit) {
		k.hits[d.kind]++
		if !slices.Contains(kinds, hit) {
			k.t.Errorf("no entry of the kind %q is drawn", hit)
		}
	}
	story := k.mend(d, hit, second)
	what := fmt.Sprintf("round %d, a %s from v%d to v%d killed after %s%s", n, d.kind, d.from, d.to, hit, story)
	k.t.Log(what)
	k.asOneCommit(what)
	k.onward(d)
	k.nothingIsForgotten(what)
	k.hooks.once(k.t, what)
}

// asOneCommit makes sure that the cluster has the objects of a commit and no others of the application.
func (k *killer) asOneCommit(what string) {
	k.t.Helper()
	marked := k.marked()
	if k.state == gone {
		if len(marked) > 0 {
			k.t.Errorf("%s: the application is deleted, and %v carry its mark", what, marked)
		}
		return
	}
	names := []string{"one", "two", "three", "fixed", "stubborn", onlyAt(k.state)}
	for _, name := range names {
		if err := k.see.find("configmap", victim, name); err != nil {
			k.t.Errorf("%s: %s: %v", what, name, err)
		} else if v := k.see.get(victim, name).Data["value"]; v != valueAt(k.state) {
			k.t.Errorf("%s: %s is %s, want %s", what, name, v, valueAt(k.state))
		}
	}
	for _, name := range marked {
		if !slices.Contains(names, name) {
			k.t.Errorf("%s: %s is there, and no object of v%d", what, name, k.state)
		}
	}
}

// nothingIsForgotten makes sure that every object of a commit carries the application's mark, and is in its inventory.
func (k *killer) nothingIsForgotten(what string) {
	k.t.Helper()
	b, err := os.ReadFile(filepath.Join(k.w.store, ".wheelhouse", "inventory", victim+".json"))
	if err != nil {
		k.t.Fatal(err)
	}
	marked := k.marked()
	for _, name := range marked {
		if !bytes.Contains(b, []byte(`"name":"`+name+`"`)) {
			k.t.Errorf("%s: ConfigMap/%s/%s carries the mark and is not in the inventory", what, victim, name)
		}
	}
	if len(marked) != 6 {
		k.t.Errorf("%s: %v carry the mark", what, marked)
	}
}

// marked returns the names of the objects that carry the application's mark.
func (k *killer) marked() []string {
	k.t.Helper()
	list, err := k.see.client.CoreV1().ConfigMaps(victim).List(k.t.Context(), metav1.ListOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	var names []string
	for _, cm := range list.Items {
		if cm.Annotations["argocd.argoproj.io/tracking-id"] != "" {
			names = append(names, cm.Name)
		}
	}
	return names
}
