package comparetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// ourManager is the field manager of every apply that a sync makes.
const ourManager = "wheelhouse"

// answer is what the API server says to a write, as it comes over the wire: nothing of the program under test has read it.
type answer struct {
	code int
	body string
	// made is the object of a success, and status what a refusal says, as far as it is one of the API's own.
	made   *unstructured.Unstructured
	status metav1.Status
}

// patchWire sends a patch of an object, and returns whatever the server says.
func (b *bench) patchWire(ctx context.Context, u *unstructured.Unstructured, how types.PatchType, body []byte, params url.Values) (answer, error) {
	root := "/apis/"
	if u.GroupVersionKind().Group == "" {
		root = "/api/"
	}
	plural, _ := meta.UnsafeGuessKindToResource(u.GroupVersionKind())
	params.Set("fieldManager", ourManager)
	at := b.host + root + u.GetAPIVersion() + "/namespaces/" + u.GetNamespace() + "/" + plural.Resource + "/" + u.GetName() + "?" + params.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, at, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", string(how))
	response, err := b.wire.Do(request)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return answer{}, err
	}
	a := answer{code: response.StatusCode, body: string(text)}
	switch {
	case a.code < http.StatusMultipleChoices:
		a.made = &unstructured.Unstructured{}
		err = a.made.UnmarshalJSON(text)
	case strings.HasPrefix(response.Header.Get("Content-Type"), "application/json"):
		err = json.Unmarshal(text, &a.status)
	}
	return a, err
}

// apply makes the apply of a sync by hand: first other managers' fields are taken over, where that is asked for, then the object
// is applied to the version that was compared.
func (t *trial) apply(ctx context.Context, want, live *unstructured.Unstructured) (answer, error) {
	sent := want.DeepCopy()
	if live != nil {
		sent.SetResourceVersion(live.GetResourceVersion())
	}
	if live != nil && slices.ContainsFunc(live.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool {
		return slices.Contains(t.takes, f.Manager) && f.Operation == metav1.ManagedFieldsOperationUpdate
	}) {
		patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, sets.New(t.takes...), ourManager)
		if err != nil {
			return answer{}, err
		}
		a, err := t.patchWire(ctx, live, types.JSONPatchType, patch, url.Values{})
		if err != nil || a.made == nil {
			return a, err
		}
		sent.SetResourceVersion(a.made.GetResourceVersion())
	}
	return t.send(ctx, sent)
}

// send applies an object as it is.
func (t *trial) send(ctx context.Context, u *unstructured.Unstructured) (answer, error) {
	body, err := u.MarshalJSON()
	if err != nil {
		return answer{}, err
	}
	return t.patchWire(ctx, u, types.ApplyPatchType, body, url.Values{"force": {strconv.FormatBool(!t.noForce)}})
}

// holders are the managers that a refusal names because they hold fields.
func (a answer) holders() []string {
	var out []string
	if a.status.Details == nil {
		return nil
	}
	for _, c := range a.status.Details.Causes {
		if c.Type != "FieldManagerConflict" {
			continue
		}
		// conflict with "NAME" using v1
		name := ""
		if parts := strings.Split(c.Message, `"`); len(parts) == 3 {
			name = parts[1]
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// overtaken reports whether a write was about a version that is the newest no more.
func (a answer) overtaken() bool {
	return a.code == http.StatusConflict && a.status.Reason == "Conflict" && len(a.holders()) == 0
}

// namedIn checks that whoever the server says holds fields is named where the verdict is a conflict.
func (a answer) namedIn(d diff.Diff) error {
	for _, name := range a.holders() {
		if !strings.Contains(d.Reason, strconv.Quote(name)) {
			return fmt.Errorf("the conflict with %q is told as %q", name, d.Reason)
		}
	}
	return nil
}
