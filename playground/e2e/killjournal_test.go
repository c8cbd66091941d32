package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// anyEntry is a kind of entry that every entry is of.
const anyEntry = "any"

// killAfter begins an operation and kills the process when it has written an entry of a kind. It returns the kind of the last entry
// that the dead process left: it may have come further.
func (k *killer) killAfter(d doomed, kind string) string {
	k.t.Helper()
	skip := 0
	if several(kind) {
		skip = k.rand.IntN(2)
	}
	known := k.journals()
	cmd := k.w.begin(d.args...)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A killed process ends with an error.
		_ = cmd.Wait()
	}()
	skipped := false
	deadline := time.Now().Add(patience)
	for {
		select {
		case <-ended:
			return "the end"
		default:
		}
		lines := since(known, k.journals())
		if count(lines, kind) > skip {
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				k.t.Fatal(err)
			}
			<-ended
			break
		}
		if d.skips != "" && !skipped && count(lines, "started hook") == 2 {
			skipped = true
			k.w.begin("app", "skip-hook", victim, d.skips, "--reason", "done by hand")
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			k.t.Fatalf("the %s neither ended nor came to %s: %v", d.kind, kind, lines)
		}
		time.Sleep(200 * time.Microsecond)
	}
	lines := since(known, k.journals())
	if len(lines) == 0 {
		return "the end"
	}
	return lines[len(lines)-1]
}

// several reports whether every operation that has entries of a kind has two of them.
func several(kind string) bool {
	return kind == anyEntry || slices.Contains([]string{"change", "own", "unmark"}, kind[strings.LastIndex(kind, " ")+1:]) && !strings.HasPrefix(kind, "failed")
}

// ends reports whether a process had come to the end of its operation when it was killed.
func ends(hit string) bool { return hit == "the end" || hit == "end" }

func count(lines []string, kind string) int {
	n := 0
	for _, l := range lines {
		if l == kind || kind == anyEntry {
			n++
		}
	}
	return n
}

// since returns the entries that journals have by now and had not.
func since(before, now map[string][]string) []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(now)) {
		out = append(out, now[path][min(len(before[path]), len(now[path])):]...)
	}
	return out
}

// written is an entry of a journal; the head has its mark alone.
type written struct{ Mark, Verb, Step string }

func (e written) kind() string { return strings.TrimSpace(e.Mark + " " + e.Verb) }

// journals returns the kinds of the entries of the journals that are open.
func (k *killer) journals() map[string][]string {
	k.t.Helper()
	out := map[string][]string{}
	for path, entries := range k.entries() {
		for _, e := range entries {
			out[path] = append(out[path], e.kind())
		}
	}
	return out
}

// entries returns those of the journals that are open.
func (k *killer) entries() map[string][]written {
	k.t.Helper()
	paths, err := filepath.Glob(filepath.Join(k.w.store, ".wheelhouse", "journal", victim, "*.jsonl"))
	if err != nil {
		k.t.Fatal(err)
	}
	out := map[string][]written{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			k.t.Fatal(err)
		}
		whole := b[:bytes.LastIndexByte(b, '\n')+1]
		for i, line := range bytes.Split(bytes.TrimSpace(whole), []byte("\n")) {
			var e written
			switch {
			case len(line) == 0:
				continue
			case i == 0:
				e.Mark = "head"
			case json.Unmarshal(line, &e) != nil:
				k.t.Fatalf("a line of the journal cannot be read: %s", line)
			}
			out[path] = append(out[path], e)
		}
	}
	return out
}

// allowsAgain notes, before an operation is resumed, how often its hooks have failed: as often may each run again.
func (k *killer) allowsAgain() {
	k.t.Helper()
	failures := map[string]int{}
	for path, entries := range k.entries() {
		for _, e := range entries {
			if e.kind() == "failed hook" {
				failures[hookRun(strings.TrimSuffix(filepath.Base(path), ".jsonl"), e.Step)]++
			}
		}
	}
	k.hooks.mu.Lock()
	defer k.hooks.mu.Unlock()
	maps.Copy(k.hooks.failed, failures)
}

// seenHooks are the Jobs that were seen, by the operation and the step that they were made for: a generated name says neither.
type seenHooks struct {
	mu  sync.Mutex
	ran map[string]map[types.UID]bool
	// failed is how often one had failed when its operation was last resumed.
	failed map[string]int
}

// hookRun names what a hook is run for.
func hookRun(operation, step string) string { return operation + " " + step }

// watchHooks remembers every Job of a namespace that comes to be.
func (e eyes) watchHooks(namespace string) *seenHooks {
	e.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	jobs := e.client.BatchV1().Jobs(namespace)
	list, err := jobs.List(ctx, metav1.ListOptions{})
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	// The server ends a watch after half an hour or more: this one goes on where it was.
	w, err := toolswatch.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{WatchFuncWithContext: jobs.Watch})
	if err != nil {
		cancel()
		e.t.Fatal(err)
	}
	seen := &seenHooks{ran: map[string]map[types.UID]bool{}, failed: map[string]int{}}
	ended := make(chan struct{})
	e.t.Cleanup(func() {
		select {
		case <-ended:
			e.t.Error("the watch of the hooks ended: some may have run unseen")
		default:
		}
		cancel()
		<-ended
		if len(seen.ran) == 0 {
			e.t.Error("no hook was seen")
		}
	})
	go func() {
		defer close(ended)
		for ev := range w.ResultChan() {
			if j, ok := ev.Object.(*batchv1.Job); ok {
				seen.add(j)
			}
		}
	}()
	return seen
}

func (s *seenHooks) add(j *batchv1.Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := hookRun(j.Annotations[object.AnnotationOperation], j.Annotations[object.AnnotationStep])
	if s.ran[id] == nil {
		s.ran[id] = map[types.UID]bool{}
	}
	s.ran[id][j.UID] = true
}

// once makes sure that no hook ran twice for one step of an operation, but for one that had failed, which a resume runs again.
func (s *seenHooks) once(t *testing.T, what string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, uids := range s.ran {
		if again := s.failed[id]; len(uids) > 1+again {
			t.Errorf("%s: the hook %s ran %d times, and had failed %d times before a resume", what, id, len(uids), again)
		}
	}
}
