package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
)

// entries are the kinds of journal entry at which a process is killed. The end is not among them: its entry and the removal of
// its file are one instant.
var entries = []string{
	"head", "intended create", "done create", "intended change", "done change", "intended prune", "done prune", "intended hook",
	"started hook", "done hook", "intended replace", "done replace",
}

// TestKilled kills operations again and again, at points that are drawn over the kinds of journal entry, and resumes or undoes them:
// every object is as before or as planned, nothing is forgotten, and no hook runs twice for one operation.
//
// WHEELHOUSE_KILLS says how often (make soak: 200, each kind of entry and of operation at least five times), WHEELHOUSE_SEED repeats a run.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills, least := number(t, "WHEELHOUSE_KILLS", 12), 0
	if kills >= 100 {
		least = 5
	}
	seed := number(t, "WHEELHOUSE_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("%d kills with WHEELHOUSE_SEED=%d", kills, seed)
	k := newKiller(t, uint64(seed))
	for n := 1; n <= kills || n < 3*kills && k.rarest(least) != ""; n++ {
		k.round(n)
		if t.Failed() {
			break
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(k.hits)) {
		t.Logf("%3d × %s", k.hits[kind], kind)
	}
	if kind := k.rarest(least); kind != "" {
		t.Errorf("killed %q %d times only", kind, k.hits[kind])
	}
	k.nothingIsForgotten()
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
	t    *testing.T
	w    *program
	see  eyes
	repo *repository
	rand *rand.Rand
	hits map[string]int
	// state is the number of the commit that the cluster has.
	state int

	mu sync.Mutex
	// ran holds the Jobs that were seen, by the operation that made them and their name.
	ran map[string]map[types.UID]bool
}

const victim = "victim"

func newKiller(t *testing.T, seed uint64) *killer {
	t.Helper()
	k := &killer{t: t, w: onOwnStore(t), rand: rand.New(rand.NewPCG(seed, 1)), hits: map[string]int{}, ran: map[string]map[types.UID]bool{}}
	k.see = k.w.see()
	k.repo = newRepository(t, k.w.play, victim, k.files(0))
	k.w.create(victim, k.repo)
	k.w.must("app", "sync", victim)
	k.watchHooks()
	return k
}

// files is the content of a commit: odd ones have one object more.
func (k *killer) files(n int) map[string]string {
	value := fmt.Sprint("v", n)
	files := map[string]string{
		"before.yaml": hook("before", "PreSync"),
		"after.yaml":  strings.Replace(hook("after", "PostSync"), "name: after", "generateName: after-", 1),
		"one.yaml":    configMap("one", value),
		"two.yaml":    inWave("1", configMap("two", value)),
		"three.yaml":  inWave("2", configMap("three", value)),
	}
	// It can only be replaced.
	files["fixed.yaml"] = strings.Replace(inWave("1", configMap("fixed", fixedAt(n))), "annotations: {",
		"annotations: {argocd.argoproj.io/sync-options: \"Replace=true,Force=true\", ", 1) + "immutable: true\n"
	// In a wave of its own, so that something is waited for after its prune: there the process can be killed.
	if n%2 == 1 {
		files["odd.yaml"] = inWave("3", configMap("odd", value))
	} else if n > 0 {
		files["odd.yaml"] = ""
	}
	return files
}

// fixedAt is the value of the object that is replaced, at a commit.
func fixedAt(n int) string { return fmt.Sprint("f", n/2) }

// watchHooks remembers every Job that comes to be.
func (k *killer) watchHooks() {
	k.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(k.t.Context()))
	jobs := k.see.client.BatchV1().Jobs(victim)
	list, err := jobs.List(ctx, metav1.ListOptions{})
	if err != nil {
		cancel()
		k.t.Fatal(err)
	}
	// The server ends a watch after half an hour or more: this one goes on where it was.
	w, err := toolswatch.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{WatchFuncWithContext: jobs.Watch})
	if err != nil {
		cancel()
		k.t.Fatal(err)
	}
	ended := make(chan struct{})
	k.t.Cleanup(func() {
		select {
		case <-ended:
			k.t.Error("the watch of the hooks ended: some may have run unseen")
		default:
		}
		cancel()
		<-ended
		if len(k.ran) == 0 {
			k.t.Error("no hook was seen")
		}
	})
	go func() {
		defer close(ended)
		for ev := range w.ResultChan() {
			j, ok := ev.Object.(*batchv1.Job)
			if !ok {
				continue
			}
			id := j.Annotations["wheelhouse.dev/operation"] + " " + j.Name
			k.mu.Lock()
			if k.ran[id] == nil {
				k.ran[id] = map[types.UID]bool{}
			}
			k.ran[id][j.UID] = true
			k.mu.Unlock()
		}
	}()
}

// rarest returns a kind that was hit fewer than least times, the rarest of them; "" when there is none.
func (k *killer) rarest(least int) string {
	kind := k.rarestOf(append(slices.Clone(entries), operations...))
	if k.hits[kind] >= least {
		return ""
	}
	return kind
}

func (k *killer) rarestOf(kinds []string) string {
	return slices.MinFunc(kinds, func(a, b string) int { return k.hits[a] - k.hits[b] })
}

// round pushes a commit, kills an operation, and brings the application into order.
func (k *killer) round(n int) {
	k.t.Helper()
	k.repo.push(fmt.Sprint("commit ", n), k.files(n))
	d := k.choose(n)
	hit := k.killAfter(d, k.draw(d))
	k.hits[hit]++
	if !ends(hit) {
		k.hits[d.kind]++
	}
	k.mend(n, d, hit)
	what := fmt.Sprintf("round %d, a %s from v%d to v%d killed after %s", n, d.kind, d.from, d.to, hit)
	for name, want := range map[string]string{
		"one": fmt.Sprint("v", k.state), "two": fmt.Sprint("v", k.state), "three": fmt.Sprint("v", k.state), "fixed": fixedAt(k.state),
	} {
		if v := k.see.get(victim, name).Data["value"]; v != want {
			k.t.Errorf("%s: %s is %s, want %s", what, name, v, want)
		}
	}
	if there := k.see.find("configmap", victim, "odd") == nil; there != (k.state%2 == 1) {
		k.t.Errorf("%s: at v%d the object of odd commits is there: %v", what, k.state, there)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, uids := range k.ran {
		if len(uids) > 1 {
			k.t.Errorf("%s: the hook %s ran %d times", what, id, len(uids))
		}
	}
}

// killAfter begins an operation and kills the process when its journal has an entry of a kind. It returns the kind of the last entry
// that the dead process left: it may have come further.
func (k *killer) killAfter(d doomed, kind string) string {
	k.t.Helper()
	skip := k.rand.IntN(2)
	cmd := k.w.begin(d.args...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A killed process ends with an error.
		_ = cmd.Wait()
	}()
	deadline := time.Now().Add(patience)
	for {
		select {
		case <-ended:
			return "the end"
		default:
		}
		lines := k.journal()
		if got := count(lines, kind); got > skip || got == 1 && once(kind) {
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				k.t.Fatal(err)
			}
			<-ended
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			k.t.Fatalf("the %s neither ended nor came to %s", d.kind, kind)
		}
		time.Sleep(200 * time.Microsecond)
	}
	lines := k.journal()
	if len(lines) == 0 {
		return "the end"
	}
	return lines[len(lines)-1]
}

// once reports whether an operation may have one entry of a kind only.
func once(kind string) bool {
	return kind == "head" || strings.HasSuffix(kind, "create") || strings.HasSuffix(kind, "prune") || strings.HasSuffix(kind, "replace")
}

// ends reports whether a process had come to the end of its operation when it was killed.
func ends(hit string) bool { return hit == "the end" || hit == "end" }

func count(lines []string, kind string) int {
	n := 0
	for _, l := range lines {
		if l == kind {
			n++
		}
	}
	return n
}

// journal returns the kinds of the entries of the journal that is open.
func (k *killer) journal() []string {
	k.t.Helper()
	paths, err := filepath.Glob(filepath.Join(k.w.store, ".wheelhouse", "journal", victim, "*.jsonl"))
	if err != nil {
		k.t.Fatal(err)
	}
	var out []string
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			k.t.Fatal(err)
		}
		whole := b[:bytes.LastIndexByte(b, '\n')+1]
		for i, line := range bytes.Split(bytes.TrimSpace(whole), []byte("\n")) {
			var e struct{ Mark, Verb string }
			switch {
			case len(line) == 0:
			case i == 0:
				out = append(out, "head")
			case json.Unmarshal(line, &e) != nil:
				k.t.Fatalf("a line of the journal cannot be read: %s", line)
			default:
				out = append(out, strings.TrimSpace(e.Mark+" "+e.Verb))
			}
		}
	}
	return out
}

// nothingIsForgotten compares what carries the application's mark with its inventory.
func (k *killer) nothingIsForgotten() {
	k.t.Helper()
	k.w.must("app", "get", victim, "--refresh")
	b, err := os.ReadFile(filepath.Join(k.w.store, ".wheelhouse", "inventory", victim+".json"))
	if err != nil {
		k.t.Fatal(err)
	}
	marked := k.marked()
	for _, name := range marked {
		if !bytes.Contains(b, []byte(`"name":"`+name+`"`)) {
			k.t.Errorf("ConfigMap/%s/%s carries the mark and is not in the inventory", victim, name)
		}
	}
	if len(marked) < 4 {
		k.t.Errorf("only %v carry the mark", marked)
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
