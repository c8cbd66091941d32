package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// readsInFlight bounds the reads of one question.
const readsInFlight = 32

// resource returns the client of a kind, in a namespace where the kind has one.
func (k *Cluster) resource(r object.Resource, namespace string) dynamic.ResourceInterface {
	if r.Namespaced {
		return k.dynamic.Resource(r.GroupVersionResource()).Namespace(namespace)
	}
	return k.dynamic.Resource(r.GroupVersionResource())
}

// Read asks the server for one object; app.ErrNotFound when there is none, or no such kind.
func (k *Cluster) Read(ctx context.Context, ref object.Ref) (*unstructured.Unstructured, error) {
	r, err := k.resourceOf(ref.GroupKind())
	if errors.Is(err, object.ErrNoKind) {
		return nil, fmt.Errorf("read %s: %w", ref, app.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return k.readIn(ctx, r, ref)
}

// ReadAs is Read in a version of the kind that need not be the preferred one; object.ErrNoKind when the server does not serve that.
func (k *Cluster) ReadAs(ctx context.Context, gvk schema.GroupVersionKind, ref object.Ref) (*unstructured.Unstructured, error) {
	r, err := k.Resource(ctx, gvk)
	if err != nil {
		return nil, err
	}
	return k.readIn(ctx, r, ref)
}

func (k *Cluster) readIn(ctx context.Context, r object.Resource, ref object.Ref) (*unstructured.Unstructured, error) {
	u, err := k.resource(r, ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("read %s: %w", ref, app.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, k.explain(err))
	}
	return u, nil
}

// Live returns the live objects of an application. While a watch runs it answers from memory, with every object that
// carries the application's mark; otherwise it reads the named ones.
func (k *Cluster) Live(ctx context.Context, q object.LiveQuery) (object.LiveSet, error) {
	if !k.cache.running() {
		// A watch that begins later keeps what was asked for.
		k.cache.want(q.Refs)
		k.cache.need(q.Refs)
		return k.readAll(ctx, q.Refs)
	}
	if !k.cache.asked(q) {
		k.cache.need(q.Refs)
	}
	k.cache.again(time.Now())
	if err := k.cache.wait(ctx); err != nil {
		return object.LiveSet{}, fmt.Errorf("wait for the first list of cluster %s: %w", k.name, err)
	}
	if err := k.contact.failure(); err != nil {
		return object.LiveSet{}, fmt.Errorf("cluster %s cannot be reached, last heard of %s: %w",
			k.name, k.contact.last().Format(time.DateTime), k.explain(err))
	}
	set, bodiless := k.cache.live(q)
	if len(bodiless) == 0 {
		return set, nil
	}
	read, err := k.readAll(ctx, bodiless)
	if err != nil {
		return set, err
	}
	k.cache.read(bodiless, read.Unreadable, time.Now())
	for ref, u := range read.Objects {
		k.cache.learn(u)
		set.Objects[ref] = u
	}
	maps.Copy(set.Unreadable, read.Unreadable)
	return set, nil
}

// Events returns the newest events about an object, oldest first.
func (k *Cluster) Events(ctx context.Context, ref object.Ref) ([]*unstructured.Unstructured, error) {
	r := object.Resource{Version: "v1", Kind: "Event", Plural: "events", Namespaced: true}
	// A list is sorted by name: all pages are read, for the newest may be in the last. Events live for an hour.
	o := metav1.ListOptions{FieldSelector: "involvedObject.kind=" + ref.Kind + ",involvedObject.name=" + ref.Name, Limit: pageSize}
	var out []*unstructured.Unstructured
	for {
		l, err := k.resource(r, ref.Namespace).List(ctx, o)
		if err != nil {
			return nil, k.explain(err)
		}
		for i := range l.Items {
			out = append(out, &l.Items[i])
		}
		if o.Continue = l.GetContinue(); o.Continue == "" {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b *unstructured.Unstructured) int { return eventTime(a).Compare(eventTime(b)) })
	return out[max(0, len(out)-eventsShown):], nil
}

// eventsShown bounds what is returned of an object's events.
const eventsShown = 200

func eventTime(u *unstructured.Unstructured) time.Time {
	for _, field := range []string{"lastTimestamp", "eventTime"} {
		s, _, _ := unstructured.NestedString(u.Object, field)
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t
		}
	}
	return u.GetCreationTimestamp().Time
}

// Logs streams the log of a container; the caller closes it.
func (k *Cluster) Logs(ctx context.Context, req object.LogRequest) (io.ReadCloser, error) {
	o := &corev1.PodLogOptions{Container: req.Container, Follow: req.Follow, Previous: req.Previous}
	if req.Tail > 0 {
		o.TailLines = &req.Tail
	}
	log, err := k.typed.CoreV1().Pods(req.Namespace).GetLogs(req.Pod, o).Stream(ctx)
	if err != nil {
		return nil, k.explain(err)
	}
	return log, nil
}

// Knowledge says when the cluster was last heard of. While its watches stand, and say something, it is known as of now.
// Once it is back after it was away, it is known as of before until they have begun anew.
func (k *Cluster) Knowledge() object.Knowledge {
	n := object.Knowledge{
		AsOf: k.contact.last(), Err: k.contact.failure(), Skipped: k.cache.skipped(), Failing: k.cache.failing(),
	}
	maps.Copy(n.Failing, k.failingGroups())
	if k.cache.running() && n.Err == nil && time.Since(n.AsOf) < answerWithin {
		n.AsOf = time.Now()
	}
	if t, ok := k.cache.behind(); ok && t.Before(n.AsOf) {
		n.AsOf = t
	}
	return n
}
