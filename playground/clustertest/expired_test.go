package clustertest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestWatchThatExpires has the server say of every watch from before a moment that it is too old (410), once in an event and once as
// the answer: what happened until then is heard of, the end of an object too.
func TestWatchThatExpires(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter){
		"in an event": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"type":"ERROR","object":%s}`+"\n", expired)
		},
		"as an answer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusGone)
			_, _ = w.Write([]byte(expired))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			for _, name := range []string{"stays", "changes", "goes"} {
				b.apply(b.marked(b.configMap(name, "colour=red")))
			}
			line := b.newLine()
			w := watch(t, line.cluster)
			ours := object.LiveQuery{App: b.namespace}
			b.becomes(line.cluster, ours, map[string]string{"stays": "red", "changes": "red", "goes": "red"})
			line.cut()
			b.remove("goes")
			b.patch("changes", `{"data":{"colour":"blue"}}`, "colleague")
			b.apply(b.marked(b.configMap("comes", "colour=green")))
			w.forget()
			line.expire(b.newestVersion(), answer)
			line.mend()
			w.hears(object.Event{Ref: b.ref("", "ConfigMap", "goes"), App: b.namespace, Deleted: true})
			w.hears(object.Event{Ref: b.ref("", "ConfigMap", "changes"), App: b.namespace})
			w.hears(object.Event{Ref: b.ref("", "ConfigMap", "comes"), App: b.namespace})
			b.becomes(line.cluster, ours, map[string]string{"stays": "red", "changes": "blue", "comes": "green"})
			playtest.Eventually(t, playtest.Patience, "a watch was told that it is too old", func() error {
				if !line.expiries() {
					return errors.New("none was")
				}
				return nil
			})
			if n := line.cluster.Knowledge(); n.Err != nil {
				t.Errorf("the cluster is known with the error %v", n.Err)
			}
		})
	}
}

const expired = `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired","code":410}`

// staleness is how watches from before a version are answered.
type staleness struct {
	before uint64
	answer func(http.ResponseWriter)
	told   bool
}

// expire has every watch of ConfigMaps answered so that begins before a version, as a server does that has forgotten what was until
// then: only a list leads on.
func (l *line) expire(before uint64, answer func(http.ResponseWriter)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tooOld = staleness{before: before, answer: answer}
}

// expiries returns whether a watch was answered so since.
func (l *line) expiries() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tooOld.told
}

// expires returns what to answer a request with instead of passing it on; nil to pass it on.
func (l *line) expires(r *http.Request) func(http.ResponseWriter) {
	if !watches(r) {
		return nil
	}
	// Without a version, or at 0, the newest is asked for.
	from, err := strconv.ParseUint(r.URL.Query().Get("resourceVersion"), 10, 64)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || from == 0 || from >= l.tooOld.before {
		return nil
	}
	l.tooOld.told = true
	return l.tooOld.answer
}

// newestVersion is that of the cluster's ConfigMaps.
func (b *bench) newestVersion() uint64 {
	b.t.Helper()
	list, err := b.client.CoreV1().ConfigMaps(b.namespace).List(b.t.Context(), metav1.ListOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	version, err := strconv.ParseUint(list.ResourceVersion, 10, 64)
	if err != nil {
		b.t.Fatal(err)
	}
	return version
}

// watches reports whether a request watches ConfigMaps.
func watches(r *http.Request) bool {
	return r.URL.Query().Has("watch") && strings.HasSuffix(r.URL.Path, "/configmaps")
}
