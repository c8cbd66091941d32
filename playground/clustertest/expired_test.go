package clustertest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestWatchThatExpires has the server say of a watch that it is too old (410), once in an event and once as the answer: what
// happened in between is heard of, the end of an object too.
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
			line.expire(answer)
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

// expire has the next watch of ConfigMaps answered so.
func (l *line) expire(answer func(http.ResponseWriter)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tooOld = answer
}

// expiries returns whether a watch was answered so since.
func (l *line) expiries() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tooOld == nil
}

// expires returns what to answer a request with instead of passing it on; nil to pass it on.
func (l *line) expires(r *http.Request) func(http.ResponseWriter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !watches(r) {
		return nil
	}
	answer := l.tooOld
	l.tooOld = nil
	return answer
}

// watches reports whether a request watches ConfigMaps.
func watches(r *http.Request) bool {
	return r.URL.Query().Has("watch") && strings.HasSuffix(r.URL.Path, "/configmaps")
}
