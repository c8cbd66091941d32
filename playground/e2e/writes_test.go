package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// writes are the requests of a program that the API server was to keep something of.
type writes struct {
	mu   sync.Mutex
	list []sent
	// dry counts those that were to be tried alone.
	dry int
}

type sent struct {
	method, path string
	body         []byte
}

// noted returns the program with a line to the API server on which its writes are noted.
func (p *program) noted() (*program, *writes) {
	p.t.Helper()
	w := &writes{}
	return p.overLine(w.note), w
}

func (w *writes) note(rw http.ResponseWriter, r *http.Request, next http.Handler) {
	// Who asks what it may do writes nothing, though it is a POST.
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasPrefix(r.URL.Path, "/apis/authorization.k8s.io/") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.add(sent{r.Method, r.URL.Path, body}, r.URL.Query().Has("dryRun") || bytes.Contains(body, []byte(`"dryRun":["All"]`)))
	}
	next.ServeHTTP(rw, r)
}

func (w *writes) add(one sent, dry bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if dry {
		w.dry++
		return
	}
	w.list = append(w.list, one)
}

// of returns the writes of an object by the end of its path, such as "configmaps/settings".
func (w *writes) of(object string) []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []sent
	for _, one := range w.list {
		if strings.HasSuffix(one.path, "/"+object) {
			found = append(found, one)
		}
	}
	return found
}

// propagation returns the policy with which the server was asked to delete an object: its one write after so many.
func (w *writes) propagation(t *testing.T, object string, after int) string {
	t.Helper()
	asked := w.of(object)[after:]
	if len(asked) != 1 || asked[0].method != http.MethodDelete {
		t.Fatalf("%s was written %d times: %+v", object, len(asked), asked)
	}
	var o metav1.DeleteOptions
	if err := json.Unmarshal(asked[0].body, &o); err != nil {
		t.Fatalf("%v in %q", err, asked[0].body)
	}
	if o.PropagationPolicy == nil {
		return ""
	}
	return string(*o.PropagationPolicy)
}
