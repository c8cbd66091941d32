package compare_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// cluster is a server of one object that counts what it is asked. It answers an apply with the object that was sent.
type cluster struct {
	epoch    object.Epoch
	epochErr error
	proof    object.Proof
	answer   *unstructured.Unstructured
	refusal  error
	newest   *unstructured.Unstructured
	readErr  error
	// unmerged is why nothing can be merged.
	unmerged error
	// others, when set, answers instead of refusal.
	others func(*unstructured.Unstructured) error

	asked, proved, read, predicted int
}

func (c *cluster) Epoch(context.Context, schema.GroupVersionKind) (object.Epoch, error) {
	return c.epoch, c.epochErr
}

func (c *cluster) Prove(context.Context, *unstructured.Unstructured, *unstructured.Unstructured) (object.Proof, error) {
	c.proved++
	return c.proof, nil
}

func (c *cluster) Predict(_ context.Context, want, _ *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	c.predicted++
	if c.unmerged != nil {
		return nil, c.unmerged
	}
	return want, nil
}

func (c *cluster) Apply(_ context.Context, req object.ApplyRequest) (object.Answer, error) {
	if !req.DryRun {
		return object.Answer{}, errors.New("a comparison wrote")
	}
	c.asked++
	if c.others != nil {
		return object.Answer{Object: req.Object}, c.others(req.Object)
	}
	if c.answer == nil {
		return object.Answer{Object: req.Object}, c.refusal
	}
	return object.Answer{Object: c.answer, Warnings: []string{"careful"}}, c.refusal
}

func (c *cluster) ReadAs(context.Context, schema.GroupVersionKind, object.Ref) (*unstructured.Unstructured, error) {
	c.read++
	if c.newest == nil && c.readErr == nil {
		return nil, object.ErrNoKind
	}
	return c.newest, c.readErr
}

// configMap returns a ConfigMap of a version with one value.
func configMap(version, value string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"colour": value},
		"metadata": map[string]any{"name": "settings", "namespace": "shop"},
	}}
	u.SetResourceVersion(version)
	return u
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func comparer(c *cluster, m *compare.Memo, at time.Time) *compare.Comparer {
	return &compare.Comparer{Cluster: c, Memo: m, Now: at}
}

// verdict compares and returns the outcome with the number of questions to the server.
func verdict(t *testing.T, by *compare.Comparer, c *cluster, want, live *unstructured.Unstructured) (diff.Diff, int) {
	t.Helper()
	before := c.asked
	d, _, err := by.Compare(t.Context(), want, live)
	if err != nil {
		t.Fatal(err)
	}
	return d, c.asked - before
}
