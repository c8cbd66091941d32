package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// owing is a server that does what it is asked, and answers the first time that it does not know whether it has.
type owing struct {
	answer metav1.Status

	mu sync.Mutex
	// made has what it answered in truth, by the name of the object.
	made map[string]metav1.PartialObjectMetadata
}

func (o *owing) meddle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	name := path.Base(r.URL.Path)
	o.mu.Lock()
	_, owed := o.made[name]
	if !owed && r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == "" && (name == "before" || name == "settings" || name == "old") {
		truth := httptest.NewRecorder()
		next.ServeHTTP(truth, r)
		var of metav1.PartialObjectMetadata
		_ = json.Unmarshal(truth.Body.Bytes(), &of)
		o.made[name] = of
		o.mu.Unlock()
		text, _ := json.Marshal(o.answer)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(o.answer.Code))
		_, _ = w.Write(text)
		return
	}
	o.mu.Unlock()
	next.ServeHTTP(w, r)
}

// TestAServerThatLostSightOfAWrite has the API server carry writes out, and answer as it does when its store fails or is late: what
// was done is looked for, and no hook runs twice.
func TestAServerThatLostSightOfAWrite(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]metav1.Status{
		"store-fails": {Code: http.StatusInternalServerError, Message: "etcdserver: request timed out"},
		"store-late":  {Code: http.StatusGatewayTimeout, Reason: metav1.StatusReasonTimeout, Message: "Timeout: request did not complete within requested timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer.Kind, answer.APIVersion, answer.Status = "Status", "v1", metav1.StatusFailure
			o := &owing{answer: answer, made: map[string]metav1.PartialObjectMetadata{}}
			w := onOwnStore(t)
			repo := newRepository(t, w.play, name, map[string]string{"settings.yaml": configMap("settings", "one"), "old.yaml": configMap("old", "one")})
			w.create(name, repo)
			w.must("app", "sync", name, "--timeout", "120s")
			repo.push("change all", map[string]string{"settings.yaml": configMap("settings", "two"), "old.yaml": "", "before.yaml": hook("before", "PreSync")})
			out := w.overLine(o.meddle).must("app", "sync", name, "--prune", "--timeout", "120s")
			contains(t, out, "successfully synced")
			if len(o.made) != 3 {
				t.Errorf("the server owed %d answers", len(o.made))
			}
			see := w.see()
			if first := o.made["before"].UID; first == "" || string(first) != string(see.jobUID(name, "before")) {
				t.Errorf("the hook was made as %q, and is %q", first, see.jobUID(name, "before"))
			}
			if got := see.get(name, "settings").Data["value"]; got != "two" {
				t.Errorf("settings has %q", got)
			}
			see.absent("configmap", name, "old")
		})
	}
}
