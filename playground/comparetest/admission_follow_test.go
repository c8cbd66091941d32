package comparetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// The webhook and the policy are for PodTemplates, which no other test has.
const (
	templateWebhook = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: comparetest-follow}
webhooks:
- name: follow.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {url: "https://localhost:1/mutate"}
  rules:
  - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [podtemplates]}
`
	templatePolicy = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: comparetest-follow}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [podtemplates]}
  failurePolicy: Ignore
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration: {expression: 'Object{}'}
`
	templateBinding = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: comparetest-follow}
spec: {policyName: comparetest-follow}
`
)

// TestWhatChangesObjectsIsLearned has a process that remembers what is changed on the way in learn of each webhook, policy and
// binding that comes and goes, long before it would ask again by itself: those of others by its watch, and its own with and, as far
// as they come, without one.
func TestWhatChangesObjectsIsLearned(t *testing.T) {
	t.Parallel()
	// One after the other: all concern one kind.
	for _, c := range []struct {
		name          string
		watches, self bool
	}{
		{"of others, by a watch", true, false},
		{"its own, with a watch", true, true},
		{"its own, without one", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			reader, writer := clusterOf(t), clusterOf(t)
			if c.self {
				writer = reader
			}
			if c.watches {
				watching(t, reader)
			}
			learns(t, reader, writer, c.watches)
		})
	}
}

// clusterOf returns the cluster as a process of its own has it.
func clusterOf(t *testing.T) *kube.Cluster {
	t.Helper()
	c, err := kube.NewClusters(kube.Options{Kubeconfig: playtest.Shared(t).Kubeconfig()}).Cluster(app.Destination{Name: playground.Context})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// watching has a cluster followed until the test ends, and waits for the first list of all kinds.
func watching(t *testing.T, cluster *kube.Cluster) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- cluster.Watch(ctx, func(object.Event) {}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	playtest.Eventually(t, playtest.Patience, "the watch begins", func() error {
		if before := time.Now(); cluster.Knowledge().AsOf.Before(before) {
			return errors.New("the cluster is not known as of now")
		}
		return nil
	})
	if _, err := cluster.Live(ctx, object.LiveQuery{}); err != nil {
		t.Fatal(err)
	}
}

// learns has one make a webhook, a policy and a binding, and delete them, and the other learn of each, or of all but their end.
func learns(t *testing.T, reader, writer *kube.Cluster, theirEnd bool) {
	t.Helper()
	id := ""
	sees := func(when string, want ...string) {
		t.Helper()
		playtest.Eventually(t, playtest.Patience, when, func() error {
			e, err := reader.Epoch(t.Context(), schema.GroupVersionKind{Version: "v1", Kind: "PodTemplate"})
			if err != nil {
				return err
			}
			if e.ID == id || !slices.Equal(e.Mutators, want) {
				return fmt.Errorf("the epoch is %+v, it was %s", e, id)
			}
			id = e.ID
			return nil
		})
	}
	const webhook, policy = "webhook follow.example.com", "policy comparetest-follow"
	sees("nothing changes PodTemplates")
	for _, step := range []struct {
		manifest string
		want     []string
	}{
		{templateWebhook, []string{webhook}},
		{templatePolicy, []string{webhook, policy}},
		{templateBinding, []string{webhook, policy}},
	} {
		u := read(step.manifest)
		if _, err := writer.Apply(t.Context(), object.ApplyRequest{Object: u}); err != nil {
			t.Fatal(err)
		}
		sees("it sees the "+u.GetKind(), step.want...)
	}
	for _, step := range []struct {
		manifest string
		want     []string
	}{
		{templateBinding, []string{webhook, policy}},
		{templatePolicy, []string{webhook}},
		{templateWebhook, nil},
	} {
		ref := object.Of(read(step.manifest))
		if err := writer.Delete(t.Context(), object.DeleteRequest{Ref: ref}); err != nil {
			t.Fatal(err)
		}
		if theirEnd {
			sees("it sees the "+ref.Kind+" go", step.want...)
		}
	}
}
