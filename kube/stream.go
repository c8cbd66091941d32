package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stream watches the objects of one kind, in a namespace unless that is empty. The dynamic client's decoder goes through each event nine times, and makes an
// object of every one; this one reads first which version of what it is, and makes no object of what is known: most events
// of our own writes are, from their answers.
func (k *Cluster) stream(ctx context.Context, r object.Resource, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	body, err := k.raw.Get().AbsPath(pathOf(r)).NamespaceIfScoped(namespace, namespace != "").Resource(r.Plural).VersionedParams(&o, metav1.ParameterCodec).Stream(ctx)
	if err != nil {
		return nil, err
	}
	d := &eventDecoder{cache: k.cache, body: body, frames: json.NewDecoder(body)}
	return watch.NewStreamWatcher(d, apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")), nil
}

// pathOf is the path of a resource's group and version.
func pathOf(r object.Resource) string {
	if r.Group == "" {
		return "/api/" + r.Version
	}
	return "/apis/" + r.Group + "/" + r.Version
}

// eventDecoder implements watch.Decoder. An object that the cache has in this version, and one that is gone, are handed on
// with their identity alone: see [known].
type eventDecoder struct {
	cache  *cache
	body   io.ReadCloser
	frames *json.Decoder
}

// Decode waits for the next event. io.EOF is the stream's end.
func (d *eventDecoder) Decode() (watch.EventType, runtime.Object, error) {
	var frame json.RawMessage
	if err := d.frames.Decode(&frame); err != nil {
		return "", nil, err
	}
	var head struct {
		Type   watch.EventType
		Object identity
	}
	if err := json.Unmarshal(frame, &head); err != nil {
		return "", nil, fmt.Errorf("read watch event: %w", err)
	}
	switch head.Type {
	case watch.Added, watch.Modified:
		if _, ok := d.cache.has(&head.Object); ok {
			return head.Type, head.Object.known(), nil
		}
	case watch.Deleted:
		return head.Type, head.Object.known(), nil
	case watch.Bookmark, watch.Error:
	default:
		return "", nil, fmt.Errorf("read watch event: there is no type %q", head.Type)
	}
	if head.Type == watch.Error {
		var event struct{ Object *metav1.Status }
		if err := json.Unmarshal(frame, &event); err != nil || event.Object == nil {
			return "", nil, errors.Join(errors.New("read watch event: it is an error without a status"), err)
		}
		return head.Type, event.Object, nil
	}
	var event struct {
		Object map[string]any `json:"object"`
	}
	if err := utiljson.Unmarshal(frame, &event); err != nil {
		return "", nil, fmt.Errorf("read watch event: %w", err)
	}
	return head.Type, &unstructured.Unstructured{Object: event.Object}, nil
}

// Close ends the stream, and with it a call of Decode.
func (d *eventDecoder) Close() {
	// There is nobody left to tell.
	_ = d.body.Close()
}

// identity says which version of which object a text is.
type identity struct {
	APIVersion, Kind string
	Metadata         struct {
		Namespace, Name, ResourceVersion string
		UID                              types.UID
	}
}

// keyKnown marks an object that stands for one that the cache has.
const keyKnown = "wheelhouse/known"

// known is an object with nothing but its identity.
func (i *identity) known() *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{keyKnown: true}}
	u.SetAPIVersion(i.APIVersion)
	u.SetKind(i.Kind)
	u.SetNamespace(i.Metadata.Namespace)
	u.SetName(i.Metadata.Name)
	u.SetUID(i.Metadata.UID)
	u.SetResourceVersion(i.Metadata.ResourceVersion)
	return u
}

// isKnown reports whether an object stands for one that the cache has.
func isKnown(u *unstructured.Unstructured) bool { return u.Object[keyKnown] != nil }

func (i *identity) ref() object.Ref {
	group := schema.FromAPIVersionAndKind(i.APIVersion, i.Kind).Group
	return object.Ref{Group: group, Kind: i.Kind, Namespace: i.Metadata.Namespace, Name: i.Metadata.Name}
}

// has reports whether an object is known in just this version, and returns its body, which is nil if it need not be kept.
func (c *cache) has(i *identity) (*unstructured.Unstructured, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.objects[i.ref()]
	if !ok || r.uid != i.Metadata.UID || r.version != i.Metadata.ResourceVersion || r.body == nil && c.keeps(r) {
		return nil, false
	}
	return r.body, true
}
