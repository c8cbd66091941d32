package kube

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
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
// most are of what nobody needs, or of what is known from the answer to our own write. Whose watch it is knows whether it is open, and
// whether it begins with a list whose end is not told.
func (k *Cluster) stream(ctx context.Context, r object.Resource, one *watched, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	namespace := one.place.Namespace
	body, err := k.raw.Get().AbsPath(pathOf(r)).NamespaceIfScoped(namespace, namespace != "").Resource(r.Plural).VersionedParams(&o, metav1.ParameterCodec).Stream(ctx)
	if err != nil {
		return nil, err
	}
	one.open.Store(true)
	// What ends a silent stream may close it too, late, when the next one is open.
	body = &endingBody{ReadCloser: body, end: sync.OnceFunc(func() {
		one.open.Store(false)
		one.resting.Store(true)
	})}
	d := newEventDecoder(k.cache, body, o, k.contact.heard, func() { one.unended.Store(true) })
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
	// initial is what the stream begins with until that has ended; nil where it begins with changes.
	initial *initial
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

func newEventDecoder(c *cache, body io.ReadCloser, o metav1.ListOptions, heard, unended func()) *eventDecoder {
	d := &eventDecoder{cache: c, body: body, lines: bufio.NewReader(body), heard: heard, silence: silenceOf(o)}
	if o.SendInitialEvents != nil && *o.SendInitialEvents {
		d.initial = &initial{after: d.silence, unended: unended}
		d.silence = initialWithin
	}
	d.late = time.AfterFunc(d.silence, func() {
		d.ended.Store(true)
		_ = body.Close()
	})
	return d
}

// Decode waits for the next event. io.EOF is the stream's end, and that of one that says nothing any more; it is errNoEnd within a
// list.
func (d *eventDecoder) Decode() (watch.EventType, runtime.Object, error) {
	line, err := d.lines.ReadBytes('\n')
	switch {
	case err != nil && d.initial != nil:
		return "", nil, d.initial.cut(d.ended.Load())
	case err != nil && d.ended.Load():
		return "", nil, io.EOF
	case errors.Is(err, io.EOF) && len(line) > 0:
		return "", nil, io.ErrUnexpectedEOF
	case err != nil:
		return "", nil, err
	}
	d.heard()
	kind, of, text, err := headOf(string(line))
	if err != nil {
		return "", nil, fmt.Errorf("read watch event: %w", err)
	}
	event := watch.EventType(kind)
	if d.initial == nil || event == watch.Added {
		d.late.Reset(d.silence)
	}
	switch event {
	case watch.Added, watch.Modified:
		if _, ok := d.cache.has(&of); ok {
			return event, of.told(), nil
		}
		return event, of.news(text), nil
	case watch.Bookmark:
		t := of.told()
		t.Annotations = annotationsOf(text)
		return event, t, d.marked(t.Annotations[metav1.InitialEventsAnnotationKey] != "")
	case watch.Deleted:
		return event, of.told(), nil
	case watch.Error:
		status, err := statusOf(line)
		return event, status, err
	default:
		return "", nil, fmt.Errorf("read watch event: there is no type %q", kind)
	}
}

// marked takes note of a bookmark: that of a list's end, or one of those that say that nothing has happened.
func (d *eventDecoder) marked(end bool) error {
	switch {
	case end && d.initial != nil:
		d.silence, d.initial = d.initial.after, nil
	case d.initial != nil:
		return d.initial.cut(true)
	case !end:
		d.silence = min(d.silence, bookmarkWithin)
	}
	d.late.Reset(d.silence)
	return nil
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
