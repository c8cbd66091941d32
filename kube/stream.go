package kube

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stream watches the objects of one kind, in a namespace unless that is empty. The dynamic client's decoder goes through each event
// nine times, and makes an object of every one; this one reads which version of what it is and whose, and makes an object of none:
// most are of what nobody needs, or of what is known from the answer to our own write.
func (k *Cluster) stream(ctx context.Context, r object.Resource, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	body, err := k.raw.Get().AbsPath(pathOf(r)).NamespaceIfScoped(namespace, namespace != "").Resource(r.Plural).VersionedParams(&o, metav1.ParameterCodec).Stream(ctx)
	if err != nil {
		return nil, err
	}
	d := newEventDecoder(k.cache, body, silenceOf(o), k.contact.heard)
	return watch.NewStreamWatcher(d, apierrors.NewClientErrorReporter(http.StatusInternalServerError, http.MethodGet, "ClientWatchDecoding")), nil
}

// pathOf is the path of a resource's group and version.
func pathOf(r object.Resource) string {
	if r.Group == "" {
		return "/api/" + r.Version
	}
	return "/apis/" + r.Group + "/" + r.Version
}

// eventDecoder implements watch.Decoder, of which the objects are [told]. Each event is a line, as the API server writes them.
type eventDecoder struct {
	cache *cache
	body  io.ReadCloser
	lines *bufio.Reader
	// heard is told of every event. When there is none for as long as silence, late ends the stream and ended is set.
	heard   func()
	silence time.Duration
	late    *time.Timer
	ended   atomic.Bool
}

// silenceOf is for how long a watch may say nothing while it is not known to have bookmarks.
func silenceOf(o metav1.ListOptions) time.Duration {
	if o.TimeoutSeconds == nil {
		return longestWatch
	}
	return time.Duration(*o.TimeoutSeconds)*time.Second + watchGrace
}

// longestWatch is for how long the API server lets a watch last for which no time was asked for (--min-request-timeout, doubled).
const longestWatch = time.Hour

func newEventDecoder(c *cache, body io.ReadCloser, silence time.Duration, heard func()) *eventDecoder {
	d := &eventDecoder{cache: c, body: body, lines: bufio.NewReader(body), heard: heard, silence: silence}
	d.late = time.AfterFunc(silence, func() {
		d.ended.Store(true)
		_ = body.Close()
	})
	return d
}

// Decode waits for the next event. io.EOF is the stream's end, and that of one that says nothing any more.
func (d *eventDecoder) Decode() (watch.EventType, runtime.Object, error) {
	line, err := d.lines.ReadBytes('\n')
	switch {
	case err != nil && d.ended.Load():
		return "", nil, io.EOF
	case errors.Is(err, io.EOF) && len(line) > 0:
		return "", nil, io.ErrUnexpectedEOF
	case err != nil:
		return "", nil, err
	}
	d.heard()
	d.late.Reset(d.silence)
	kind, of, text, err := headOf(string(line))
	if err != nil {
		return "", nil, fmt.Errorf("read watch event: %w", err)
	}
	switch event := watch.EventType(kind); event {
	case watch.Added, watch.Modified:
		if _, ok := d.cache.has(&of); ok {
			return event, of.told(), nil
		}
		return event, of.news(text), nil
	case watch.Bookmark:
		t := of.told()
		t.Annotations = annotationsOf(text)
		if t.Annotations[metav1.InitialEventsAnnotationKey] == "" {
			d.silence = min(d.silence, bookmarkWithin)
			d.late.Reset(d.silence)
		}
		return event, t, nil
	case watch.Deleted:
		return event, of.told(), nil
	case watch.Error:
		status, err := statusOf(line)
		return event, status, err
	default:
		return "", nil, fmt.Errorf("read watch event: there is no type %q", kind)
	}
}

// statusOf reads the error of an event.
func statusOf(line []byte) (*metav1.Status, error) {
	var event struct{ Object *metav1.Status }
	if err := json.Unmarshal(line, &event); err != nil || event.Object == nil {
		return nil, errors.Join(errors.New("read watch event: it is an error without a status"), err)
	}
	return event.Object, nil
}

// Close ends the stream, and with it a call of Decode.
func (d *eventDecoder) Close() {
	d.late.Stop()
	// There is nobody left to tell.
	_ = d.body.Close()
}
