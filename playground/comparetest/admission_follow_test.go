package comparetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
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

// TestWhoFollowsTheClusterSeesWhatChangesObjects has a process that remembers what is changed on the way in learn of each webhook,
// policy and binding that comes and goes, long before it would ask again by itself.
func TestWhoFollowsTheClusterSeesWhatChangesObjects(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- b.cluster.Watch(ctx, func(object.Event) {}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	playtest.Eventually(t, playtest.Patience, "the watch begins", func() error {
		if before := time.Now(); b.cluster.Knowledge().AsOf.Before(before) {
			return errors.New("the cluster is not known as of now")
		}
		return nil
	})
	if _, err := b.cluster.Live(ctx, object.LiveQuery{}); err != nil {
		t.Fatal(err)
	}
	id := ""
	sees := func(when string, want ...string) {
		t.Helper()
		playtest.Eventually(t, playtest.Patience, when, func() error {
			e, err := b.cluster.Epoch(ctx, schema.GroupVersionKind{Version: "v1", Kind: "PodTemplate"})
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
		if _, err := b.cluster.Apply(ctx, object.ApplyRequest{Object: u}); err != nil {
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
		if err := b.cluster.Delete(ctx, object.DeleteRequest{Ref: ref}); err != nil {
			t.Fatal(err)
		}
		sees("it sees the "+ref.Kind+" go", step.want...)
	}
}
