// Package bench measures whole commands of wheelhouse on a real control plane, beside a bare loop of the same requests to
// the same server in the same run: only the relation of the two means anything.
//
//	make bench
package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// objects is the number of ConfigMaps of every measurement, and inFlight the parallelism at which the server answers a
// loop of them fastest.
const (
	objects  = 1000
	inFlight = 32
)

func TestMain(m *testing.M) { playtest.Main(m) }

// bench is one application of many objects, and a client without limits beside it.
type bench struct {
	program, store, home, kubeconfig string
	client                           kubernetes.Interface
}

func manifest(i int) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: many-%d\ndata:\n  number: \"%d\"\n", i, i)
}

// setUp makes the application, with its repository and namespace.
func setUp(b *testing.B, name string) *bench {
	b.Helper()
	p := playtest.Shared(b)
	x := &bench{home: b.TempDir(), kubeconfig: p.Kubeconfig()}
	x.program, x.store = filepath.Join(x.home, "program"), filepath.Join(x.home, "store")
	build := exec.CommandContext(b.Context(), "go", "build", "-buildvcs=false", "-o", x.program, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	if err := p.MakeRepository(b.Context(), name); err != nil {
		b.Fatal(err)
	}
	files := make(map[string][]byte, objects)
	for i := range objects {
		files[fmt.Sprintf("many-%d.yaml", i)] = []byte(manifest(i))
	}
	if _, err := p.Commit(b.Context(), name, "main", "many", files); err != nil {
		b.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig())
	if err != nil {
		b.Fatal(err)
	}
	config.QPS = -1
	if x.client, err = kubernetes.NewForConfig(config); err != nil {
		b.Fatal(err)
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := x.client.CoreV1().Namespaces().Create(b.Context(), ns, metav1.CreateOptions{}); err != nil {
		b.Fatal(err)
	}
	x.run(b, "app", "create", name, "--repo", p.GitURL()+"/"+name+".git", "--path", ".", "--revision", "main",
		"--dest-name", "playground", "--dest-namespace", name)
	// The repository is fetched once before anything is measured: git is not the subject.
	x.run(b, "app", "manifests", name, "-o", "name")
	return x
}

func (x *bench) run(b *testing.B, args ...string) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), x.program, args...)
	cmd.Env = append(os.Environ(), "HOME="+x.home, "XDG_DATA_HOME="+x.home, "XDG_CACHE_HOME="+x.home, "XDG_STATE_HOME="+x.home,
		"KUBECONFIG="+x.kubeconfig, "WHEELHOUSE_STORE=file:"+x.store)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("wheelhouse %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// loop applies all objects in a namespace, at the server's best parallelism.
func (x *bench) loop(b *testing.B, namespace string, dryRun ...string) {
	b.Helper()
	force := true
	o := metav1.PatchOptions{FieldManager: "loop", Force: &force, DryRun: dryRun}
	g, ctx := errgroup.WithContext(context.WithoutCancel(b.Context()))
	g.SetLimit(inFlight)
	for i := range objects {
		g.Go(func() error {
			_, err := x.client.CoreV1().ConfigMaps(namespace).Patch(ctx, fmt.Sprintf("many-%d", i), types.ApplyPatchType, []byte(manifest(i)), o)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

// empty deletes what a measurement made.
func (x *bench) empty(b *testing.B, namespace string) {
	b.Helper()
	err := x.client.CoreV1().ConfigMaps(namespace).DeleteCollection(b.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPlan plans 1,000 objects that are not there.
func BenchmarkPlan(b *testing.B) {
	x := setUp(b, "plan")
	b.Run("loop of dry runs", func(b *testing.B) {
		for b.Loop() {
			x.loop(b, "plan", metav1.DryRunAll)
		}
	})
	b.Run("wheelhouse app plan", func(b *testing.B) {
		for b.Loop() {
			x.run(b, "app", "plan", "plan")
		}
	})
}

// BenchmarkSync makes 1,000 objects; a sync is a plan and the applies.
func BenchmarkSync(b *testing.B) {
	x := setUp(b, "sync")
	b.Run("loops of dry runs and applies", func(b *testing.B) {
		for b.Loop() {
			x.loop(b, "sync", metav1.DryRunAll)
			x.loop(b, "sync")
			b.StopTimer()
			x.empty(b, "sync")
			b.StartTimer()
		}
	})
	b.Run("wheelhouse app sync", func(b *testing.B) {
		for b.Loop() {
			x.run(b, "app", "sync", "sync")
			b.StopTimer()
			x.empty(b, "sync")
			b.StartTimer()
		}
	})
}

// BenchmarkRefresh compares 1,000 objects that are as git wants them.
func BenchmarkRefresh(b *testing.B) {
	x := setUp(b, "refresh")
	x.run(b, "app", "sync", "refresh")
	b.Run("loop of dry runs", func(b *testing.B) {
		for b.Loop() {
			x.loop(b, "refresh", metav1.DryRunAll)
		}
	})
	b.Run("wheelhouse app refresh", func(b *testing.B) {
		for b.Loop() {
			x.run(b, "app", "refresh", "refresh")
		}
	})
}
