package clustertest

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	system, err := b.client.CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	own := app.ClusterIdentity(system.UID)
	line := b.newLine()
	for name, c := range map[string]struct {
		as   asker
		want app.ClusterIdentity
	}{
		"it is the UID of kube-system":      {b.cluster, own},
		"it is so for whoever asks":         {clusterOf(t, b.play.Kubeconfig(), playground.ViewerContext), own},
		"it is so on another way":           {line.cluster, own},
		"who may not read it has the way's": {b.stranger(), b.cluster.Server()},
		"so every way has one of its own": {b.with(func(c *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) {
			line.lead(c)
			u.Token = b.strangersToken()
		}), line.cluster.Server()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				got, err := c.as.Identity(t.Context())
				if err != nil || got != c.want {
					t.Errorf("the identity is %s (%v), want %s", got, err, c.want)
				}
			}
		})
	}
	if own.ByServer() || line.cluster.Server() == b.cluster.Server() || !line.cluster.Server().ByServer() {
		t.Errorf("the identities %s, %s and %s do not tell cluster and ways apart", own, b.cluster.Server(), line.cluster.Server())
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	version, err := b.client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.cluster.Capabilities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.KubeVersion != version.GitVersion {
		t.Errorf("the version is %s, want %s", got.KubeVersion, version.GitVersion)
	}
	for _, api := range []string{"v1", "v1/ConfigMap", "apps/v1", "apps/v1/Deployment", "batch/v1/CronJob", "networking.k8s.io/v1/Ingress"} {
		if !slices.Contains(got.APIVersions, api) {
			t.Errorf("%s is missing", api)
		}
	}
	for _, api := range []string{"extensions/v1beta1", "apps/v1/deployments", "v1/pods/log", ""} {
		if slices.Contains(got.APIVersions, api) {
			t.Errorf("%q is there", api)
		}
	}
	if !slices.IsSorted(got.APIVersions) {
		t.Error("the APIs are not sorted")
	}
}
