package clustertest

import (
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// bench is where one test works: a namespace, the cluster under test, and clients beside it.
type bench struct {
	t         *testing.T
	play      *playground.Playground
	namespace string
	cluster   *kube.Cluster
	client    kubernetes.Interface
	dynamic   dynamic.Interface
}

// newBench makes a namespace, with labels if there are any, and finds the playground's cluster.
func newBench(t *testing.T, labels map[string]string) *bench {
	t.Helper()
	return benchOf(t, playtest.Shared(t), labels)
}

// benchOf is newBench in a playground of the test's own.
func benchOf(t *testing.T, play *playground.Playground, labels map[string]string) *bench {
	t.Helper()
	client, err := play.Client()
	if err != nil {
		t.Fatal(err)
	}
	config, err := play.Config()
	if err != nil {
		t.Fatal(err)
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "clustertest-", Labels: labels}}
	if ns, err = client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return &bench{
		t: t, play: play, namespace: ns.Name, client: client, dynamic: dyn,
		cluster: clusterOf(t, play.Kubeconfig(), playground.Context),
	}
}

// clusterOf finds the cluster of a context.
func clusterOf(t *testing.T, kubeconfig, context string) *kube.Cluster {
	t.Helper()
	k, err := kube.NewClusters(kube.Options{Kubeconfig: kubeconfig}).Cluster(app.Destination{Name: context})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// with returns the cluster as a changed copy of the administrator's context leads to it. The context is called changed.
func (b *bench) with(change func(*clientcmdapi.Cluster, *clientcmdapi.AuthInfo)) *kube.Cluster {
	b.t.Helper()
	config, err := clientcmd.LoadFromFile(b.play.Kubeconfig())
	if err != nil {
		b.t.Fatal(err)
	}
	server, user := config.Clusters[playground.Context], config.AuthInfos[playground.Context]
	change(server, user)
	changed := clientcmdapi.NewConfig()
	changed.Clusters["changed"], changed.AuthInfos["changed"] = server, user
	changed.Contexts["changed"] = &clientcmdapi.Context{Cluster: "changed", AuthInfo: "changed"}
	path := filepath.Join(b.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*changed, path); err != nil {
		b.t.Fatal(err)
	}
	return clusterOf(b.t, path, "changed")
}

// object reads a manifest and puts it into the namespace of the test.
func (b *bench) object(text string) *unstructured.Unstructured {
	b.t.Helper()
	u := &unstructured.Unstructured{}
	js, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := u.UnmarshalJSON(js); err != nil {
		b.t.Fatal(err)
	}
	u.SetNamespace(b.namespace)
	return u
}

// configMap returns a ConfigMap with data given as key=value.
func (b *bench) configMap(name string, data ...string) *unstructured.Unstructured {
	b.t.Helper()
	u := b.object("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n")
	values := map[string]any{}
	for _, d := range data {
		key, value, _ := strings.Cut(d, "=")
		values[key] = value
	}
	u.Object["data"] = values
	return u
}

// marked gives an object the mark of an application that no other test has: it is called as the namespace is.
func (b *bench) marked(u *unstructured.Unstructured) *unstructured.Unstructured {
	object.SetMark(u, b.namespace, "store-1")
	return u
}

func (b *bench) ref(group, kind, name string) object.Ref {
	return object.Ref{Group: group, Kind: kind, Namespace: b.namespace, Name: name}
}

// apply applies for real and returns the live object.
func (b *bench) apply(u *unstructured.Unstructured) *unstructured.Unstructured {
	b.t.Helper()
	answer, err := b.cluster.Apply(b.t.Context(), object.ApplyRequest{Object: u})
	if err != nil {
		b.t.Fatalf("apply %s: %v", object.Of(u), err)
	}
	return answer.Object
}

// deployment is a Deployment that becomes ready.
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
spec:
  replicas: 2
  selector:
    matchLabels: {app: front}
  template:
    metadata:
      labels: {app: front}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        env:
        - {name: MODE, value: fast}
        - {name: LEVEL, value: "3"}
        ports:
        - {containerPort: 80}
`

// service is a Service that leaves to the server what it can.
const service = `apiVersion: v1
kind: Service
metadata:
  name: front
  labels: {tier: web}
spec:
  selector: {app: front}
  ports:
  - {name: http, port: 80}
  - {name: admin, port: 9000, targetPort: 9001}
`
