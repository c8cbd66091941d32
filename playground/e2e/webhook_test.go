package e2e

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// podTemplate is a manifest of a kind that no other test declares, so that the webhooks of these tests ask about theirs alone.
func podTemplate(name, image string) string {
	return `apiVersion: v1
kind: PodTemplate
metadata:
  name: ` + name + `
template:
  spec:
    containers: [{name: main, image: "` + image + `"}]
`
}

// webhook is an admission webhook of the API server, over PodTemplates of one namespace.
type webhook struct {
	t      *testing.T
	see    eyes
	name   string
	server *httptest.Server
	asked  atomic.Int64
	hook   admissionregistrationv1.WebhookClientConfig
	scope  *metav1.LabelSelector
}

// newWebhook serves what answer says about every request.
func (p *program) newWebhook(namespace string, answer func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse) *webhook {
	p.t.Helper()
	w := &webhook{t: p.t, see: p.see(), name: namespace + ".webhooks.example.com"}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
			http.Error(rw, "no review", http.StatusBadRequest)
			return
		}
		review.Response = answer(review.Request)
		review.Response.UID, review.Request = review.Request.UID, nil
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(&review)
	}))
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.StartTLS()
	p.t.Cleanup(w.server.Close)
	url := w.server.URL + "/review"
	w.hook = admissionregistrationv1.WebhookClientConfig{
		URL: &url, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw}),
	}
	w.scope = &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}}
	return w
}

func (w *webhook) rules() []admissionregistrationv1.RuleWithOperations {
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"podtemplates"}},
	}}
}

// validates registers the webhook with the API server as one that validates; the returned function takes it away.
func (w *webhook) validates() (end func()) {
	w.t.Helper()
	fail, none := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone
	c := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: w.name, ClientConfig: w.hook, Rules: w.rules(), NamespaceSelector: w.scope, FailurePolicy: &fail, SideEffects: &none,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
	hooks := w.see.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if _, err := hooks.Create(w.t.Context(), c, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
	return func() {
		w.t.Helper()
		if err := hooks.Delete(w.t.Context(), c.Name, metav1.DeleteOptions{}); err != nil {
			w.t.Error(err)
		}
	}
}

// mutates registers the webhook with the API server as one that changes objects.
func (w *webhook) mutates() {
	w.t.Helper()
	fail, none := admissionregistrationv1.Fail, admissionregistrationv1.SideEffectClassNone
	c := &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: w.name, ClientConfig: w.hook, Rules: w.rules(), NamespaceSelector: w.scope, FailurePolicy: &fail, SideEffects: &none,
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
	if _, err := w.see.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(w.t.Context(), c, metav1.CreateOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

func allowed(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{Allowed: true}
}

// TestDenyingWebhook has a webhook refuse one object of three: the plan says so in its words, the sync fails at it and applies its
// neighbours, of its kind too, and without the webhook the rest follows.
func TestDenyingWebhook(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	hook := w.newWebhook("denied", func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		if r.Name == "side" {
			return allowed(r)
		}
		return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: "images come from our registry"}}
	})
	w.see().namespace("denied")
	end := hook.validates()
	w.create("denied", newRepository(t, w.play, "denied", map[string]string{
		"a.yaml": podTemplate("front", "elsewhere/front:1"), "b.yaml": configMap("b", "one"), "c.yaml": podTemplate("side", "ours/side:1"),
	}))
	w.heeds("denied", "refused: admission webhook", "images come from our registry")
	w.see().absent("configmap", "denied", "b")
	r := w.expect(4, "app", "sync", "denied", "--timeout", "120s")
	contains(t, r.out, "PodTemplate/denied/front", "images come from our registry")
	w.see().present("configmap", "denied", "b")
	if _, err := w.see().client.CoreV1().PodTemplates("denied").Get(t.Context(), "side", metav1.GetOptions{}); err != nil {
		t.Errorf("its neighbour of the same kind: %v", err)
	}
	contains(t, w.must("app", "get", "denied", "--refresh"), "OutOfSync")
	end()
	w.heeds("denied", "1 create")
	w.must("app", "sync", "denied", "--timeout", "120s")
	contains(t, w.must("app", "get", "denied", "--refresh"), "Synced")
}

// heeds waits until a plan has these texts: the server takes a moment to heed a webhook that comes or goes.
func (p *program) heeds(name string, texts ...string) {
	p.t.Helper()
	eventuallyPrints(p, texts, "app", "plan", name)
}

// TestMutatingWebhook has a webhook change every object: what it adds is no difference, now or later.
func TestMutatingWebhook(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	patch := admissionv1.PatchTypeJSONPatch
	hook := w.newWebhook("mutated", func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{Allowed: true, PatchType: &patch, Patch: []byte(
			`[{"op":"add","path":"/template/spec/priorityClassName","value":"from-the-webhook"},{"op":"replace","path":"/template/spec/containers/0/image","value":"mirror/front:1"}]`,
		)}
	})
	w.see().namespace("mutated")
	hook.mutates()
	repo := newRepository(t, w.play, "mutated", map[string]string{"a.yaml": podTemplate("front", "elsewhere/front:1")})
	w.create("mutated", repo)
	playtest.Eventually(t, playtest.Patience, "a plan asks the webhook", func() error {
		contains(t, w.must("app", "plan", "mutated"), "1 create")
		if hook.asked.Load() == 0 {
			return errors.New("it was not asked")
		}
		return nil
	})
	w.must("app", "sync", "mutated")
	contains(t, w.must("app", "get", "mutated", "--refresh"), "Synced")
	w.expect(0, "app", "diff", "mutated")
	contains(t, w.must("app", "sync", "mutated"), "nothing to do")
	repo.push("a label", map[string]string{"a.yaml": labelled("tier: front", podTemplate("front", "elsewhere/front:1"))})
	contains(t, w.must("app", "plan", "mutated"), "1 field differs")
	w.must("app", "sync", "mutated")
	w.expect(0, "app", "diff", "mutated")
	front, err := w.see().client.CoreV1().PodTemplates("mutated").Get(t.Context(), "front", metav1.GetOptions{})
	if err != nil || front.Labels["tier"] != "front" || front.Template.Spec.Containers[0].Image != "mirror/front:1" || front.Template.Spec.PriorityClassName != "from-the-webhook" {
		t.Errorf("what is live is %+v (%v)", front, err)
	}
}

// TestWebhookThatIsDown has a webhook that does not answer and may not be passed over: plan and sync say so, and nothing is
// called Synced that was not compared.
func TestWebhookThatIsDown(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	hook := w.newWebhook("down", allowed)
	repo := newRepository(t, w.play, "down", map[string]string{"a.yaml": podTemplate("front", "front:1"), "b.yaml": configMap("b", "one")})
	w.create("down", repo)
	w.must("app", "sync", "down", "--timeout", "120s")
	hook.server.Close()
	end := hook.validates()
	repo.push("another image", map[string]string{"a.yaml": podTemplate("front", "front:2"), "b.yaml": configMap("b", "two")})
	w.heeds("down", "failed calling webhook", hook.name)
	contains(t, w.must("app", "get", "down", "--refresh"), "OutOfSync")
	r := w.expect(4, "app", "sync", "down", "--timeout", "120s")
	contains(t, r.out, "PodTemplate/down/front", "failed calling webhook")
	if got := w.see().get("down", "b").Data["value"]; got != "two" {
		t.Errorf("its neighbour was not applied: %q", got)
	}
	end()
	w.heeds("down", "1 change")
	w.must("app", "sync", "down", "--timeout", "120s")
	contains(t, w.must("app", "get", "down", "--refresh"), "Synced")
}
