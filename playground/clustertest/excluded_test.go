package clustertest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// others are kinds of other projects that are not watched by default.
var others = []schema.GroupKind{
	{Group: "cert-manager.io", Kind: "CertificateRequest"},
	{Group: "cilium.io", Kind: "CiliumIdentity"},
	{Group: "cilium.io", Kind: "CiliumEndpoint"},
	{Group: "cilium.io", Kind: "CiliumEndpointSlice"},
	{Group: "kyverno.io", Kind: "PolicyReport"},
	{Group: "kyverno.io", Kind: "ClusterPolicyReport"},
	{Group: "wgpolicyk8s.io", Kind: "PolicyReport"},
	{Group: "wgpolicyk8s.io", Kind: "ClusterPolicyReport"},
}

// TestWatchLeavesOutWhatChangesAllTheTime wants neither a list nor a watch of the kinds that are excluded by default, of the server's own
// and of other projects', while their neighbours are watched.
func TestWatchLeavesOutWhatChangesAllTheTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	neighbour := b.serves(schema.GroupKind{Group: "cert-manager.io", Kind: "Certificate"})
	excluded := []string{
		"/api/v1/events", "/apis/events.k8s.io/v1/events", "/api/v1/endpoints", "/apis/discovery.k8s.io/v1/endpointslices",
		"/apis/coordination.k8s.io/v1/leases", "/api/v1/nodes", "/apis/certificates.k8s.io/v1/certificatesigningrequests",
	}
	for _, gk := range others {
		excluded = append(excluded, b.serves(gk))
	}
	line := b.newLine()
	watch(t, line.cluster)
	streams := line.streamed()
	for _, path := range []string{"/api/v1/services", "/apis/apps/v1/deployments", neighbour} {
		if !slices.Contains(streams, path) {
			t.Errorf("%s is not watched", path)
		}
	}
	for _, path := range excluded {
		if slices.Contains(streams, path) || len(line.about(path)) > 0 {
			t.Errorf("%s is asked for", path)
		}
	}
	for _, path := range streams {
		if strings.HasSuffix(path, "reviews") {
			t.Errorf("%s is watched", path)
		}
	}
}

// serves has the server serve a kind, and returns the path of its objects.
func (b *bench) serves(gk schema.GroupKind) string {
	b.t.Helper()
	lower := strings.ToLower(gk.Kind)
	text := strings.NewReplacer("GROUP", gk.Group, "Widget", gk.Kind, "widget", lower).Replace(widgets)
	u := b.object(text)
	u.SetNamespace("")
	if _, err := b.dynamic.Resource(definitions).Create(b.t.Context(), u, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	gvr := schema.GroupVersionResource{Group: gk.Group, Version: "v1", Resource: lower + "s"}
	playtest.Eventually(b.t, playtest.Patience, gk.String()+" is served", func() error {
		resources, err := b.client.Discovery().ServerResourcesForGroupVersion(gvr.GroupVersion().String())
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		if resources != nil {
			for _, r := range resources.APIResources {
				if r.Name == gvr.Resource {
					return nil
				}
			}
		}
		return errors.New("it is not yet")
	})
	return "/apis/" + gvr.Group + "/v1/" + gvr.Resource
}
