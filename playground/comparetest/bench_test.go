package comparetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// The owner of all objects here.
const (
	owner        = "trial"
	installation = "comparetest"
)

// bench is a namespace with the cluster under test and a client beside it that does what others do.
type bench struct {
	namespace string
	cluster   *kube.Cluster
	dynamic   dynamic.Interface
	// wire and host lead to the server itself.
	wire *http.Client
	host string
	// store plans what is to be deleted; only random cases have one.
	store *store
}

// newBench makes a namespace and, once, the kind Widget.
func newBench(t *testing.T) *bench {
	t.Helper()
	play := playtest.Shared(t)
	client, err := play.Client()
	if err != nil {
		t.Fatal(err)
	}
	config, err := play.Config()
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	b := &bench{host: config.Host}
	if b.wire, err = rest.HTTPClientFor(config); err != nil {
		t.Fatal(err)
	}
	if b.dynamic, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "comparetest-"}}
	if ns, err = client.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.namespace = ns.Name
	if b.cluster, err = kube.NewClusters(kube.Options{Kubeconfig: play.Kubeconfig()}).Cluster(app.Destination{Name: playground.Context}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: read(widgets)}); err != nil {
		t.Fatal(err)
	}
	playtest.Eventually(t, playtest.Patience, "Widgets are served, with their schema", func() error {
		w := b.place(read(kinds["Widget"].manifest), "probe")
		answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: w, DryRun: true})
		if err == nil {
			_, err = b.cluster.Predict(t.Context(), w, answer.Object)
		}
		return err
	})
	return b
}

// read reads a manifest.
func read(text string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	js, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(js)
	}
	if err != nil {
		panic(fmt.Sprintf("a manifest of this package: %v\n%s", err, text))
	}
	return u
}

// place names an object and puts it into the namespace.
func (b *bench) place(u *unstructured.Unstructured, name string) *unstructured.Unstructured {
	u.SetNamespace(b.namespace)
	u.SetName(name)
	return u
}

// wanted makes of a rendered object what is applied, as the engine does.
func wanted(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := diff.Normalise(u)
	object.SetMark(out, owner, installation)
	return out
}

// by returns a comparer over a cluster, which may be one that lies. Fields of these managers are taken over.
func by(cluster compare.Cluster, plan, noForce bool, takes []string) *compare.Comparer {
	return &compare.Comparer{
		Cluster: cluster, App: owner, Installation: installation, Plan: plan, NoForce: noForce, Now: time.Now(),
		Takes: func(*unstructured.Unstructured) []string { return takes },
	}
}

// client returns the client of an object's kind.
func (b *bench) client(ctx context.Context, u *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	r, err := b.cluster.Resource(ctx, u.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	return b.dynamic.Resource(r.GroupVersionResource()).Namespace(b.namespace), nil
}

// create makes an object as kubectl create does.
func (b *bench) create(ctx context.Context, u *unstructured.Unstructured, manager string) error {
	c, err := b.client(ctx, u)
	if err == nil {
		_, err = c.Create(ctx, u, metav1.CreateOptions{FieldManager: manager})
	}
	return err
}

// patch makes a merge patch under another manager's name.
func (b *bench) patch(ctx context.Context, u *unstructured.Unstructured, manager, patch string) error {
	c, err := b.client(ctx, u)
	if err == nil {
		_, err = c.Patch(ctx, u.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: manager})
	}
	return err
}

// applyAs applies under another manager's name.
func (b *bench) applyAs(ctx context.Context, u *unstructured.Unstructured, manager string) error {
	c, err := b.client(ctx, u)
	if err == nil {
		_, err = c.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: manager, Force: true})
	}
	return err
}

// live reads the live object; nil when there is none.
func (b *bench) live(ctx context.Context, u *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	found, err := b.cluster.Read(ctx, object.Of(u))
	if errors.Is(err, app.ErrNotFound) {
		return nil, nil
	}
	return found, err
}

// gone deletes an object and waits for its end.
func (b *bench) gone(ctx context.Context, u *unstructured.Unstructured) error {
	if err := b.cluster.Delete(ctx, object.DeleteRequest{Ref: object.Of(u), Propagation: "Background"}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, playtest.Patience)
	defer cancel()
	for {
		found, err := b.live(ctx, u)
		if err != nil || found == nil {
			return err
		}
	}
}

// content is what counts of an object: no status and none of the server's bookkeeping.
func content(u *unstructured.Unstructured) map[string]any {
	out := u.DeepCopy().Object
	delete(out, "status")
	meta, _ := out["metadata"].(map[string]any)
	for _, k := range []string{"managedFields", "creationTimestamp", "resourceVersion", "uid", "generation"} {
		delete(meta, k)
	}
	if a, ok := meta["annotations"].(map[string]any); ok && len(a) == 0 {
		delete(meta, "annotations")
	}
	return out
}

// moved reports whether a refused write was about a version that is the newest no more.
func moved(err error) bool {
	return err != nil && strings.Contains(err.Error(), "the object has been modified")
}

// owners lists who owns which fields, without times.
func owners(u *unstructured.Unstructured) map[string]string {
	out := map[string]string{}
	for _, e := range u.GetManagedFields() {
		if e.Subresource == "" && e.FieldsV1 != nil {
			out[e.Manager+string(e.Operation)] = e.FieldsV1.GetRawString()
		}
	}
	return out
}

// inForce has the cluster have objects for as long as the test runs.
func (b *bench) inForce(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		u := read(text)
		if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: u}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			// The test's own context has ended by now.
			if err := b.cluster.Delete(context.WithoutCancel(t.Context()), object.DeleteRequest{Ref: object.Of(u)}); err != nil {
				t.Error(err)
			}
		})
	}
}
