package clustertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// acts are one request of every kind.
func (b *bench) acts() map[string]func(context.Context, *kube.Cluster) error {
	settings := b.ref("", "ConfigMap", "settings")
	return map[string]func(context.Context, *kube.Cluster) error{
		"who it is": func(ctx context.Context, k *kube.Cluster) error { _, err := k.Identity(ctx); return err },
		"what it serves": func(ctx context.Context, k *kube.Cluster) error {
			_, err := k.Resource(ctx, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
			return err
		},
		"what it can": func(ctx context.Context, k *kube.Cluster) error { _, err := k.Capabilities(ctx); return err },
		"one object":  func(ctx context.Context, k *kube.Cluster) error { _, err := k.Read(ctx, settings); return err },
		"live objects": func(ctx context.Context, k *kube.Cluster) error {
			_, err := k.Live(ctx, object.LiveQuery{Refs: []object.Ref{settings}})
			return err
		},
		"events": func(ctx context.Context, k *kube.Cluster) error { _, err := k.Events(ctx, settings); return err },
		"a dry run": func(ctx context.Context, k *kube.Cluster) error {
			_, err := k.Apply(ctx, object.ApplyRequest{Object: b.configMap("settings", "colour=blue"), DryRun: true})
			return err
		},
		"an apply": func(ctx context.Context, k *kube.Cluster) error {
			_, err := k.Apply(ctx, object.ApplyRequest{Object: b.configMap("settings", "colour=blue")})
			return err
		},
		"a takeover": func(ctx context.Context, k *kube.Cluster) error {
			_, err := k.Apply(ctx, object.ApplyRequest{Object: b.configMap("settings", "colour=blue"), Takes: object.ClientSideManagers})
			return err
		},
		"a deletion": func(ctx context.Context, k *kube.Cluster) error {
			return k.Delete(ctx, object.DeleteRequest{Ref: settings})
		},
		"a watch": func(ctx context.Context, k *kube.Cluster) error { return k.Watch(ctx, func(object.Event) {}) },
	}
}

// plugin makes a user whose login is what a script says.
func (b *bench) plugin(script string, mode clientcmdapi.ExecInteractiveMode) *kube.Cluster {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "login")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		b.t.Fatal(err)
	}
	return b.with(func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) {
		*u = clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{Command: path, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: mode}}
	})
}

func TestLoginThatIsNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.apply(b.configMap("settings", "colour=red"))
	const renew = "kubectl --context changed get namespaces"
	// A plugin that finds a terminal would wait for an answer.
	const asks = "if [ -t 0 ]; then read -r answer; fi\nexit 1\n"
	logins := map[string]struct {
		cluster *kube.Cluster
		refused func(error) bool
		says    string
		remedy  string
	}{
		"a wrong token": {
			b.with(func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) { u.Token = "wrong" }),
			apierrors.IsUnauthorized, "", "expired or is wrong",
		},
		"a plugin with a wrong token": {
			b.plugin(credential("wrong"), clientcmdapi.NeverExecInteractiveMode), apierrors.IsUnauthorized, "", "expired or is wrong",
		},
		"a plugin that would like to ask": {
			b.plugin(asks, clientcmdapi.IfAvailableExecInteractiveMode), notOfTheServer, "getting credentials", "the plugin wants to ask",
		},
		"a plugin that must ask": {
			b.plugin(asks, clientcmdapi.AlwaysExecInteractiveMode), notOfTheServer, "cannot support interactive mode", "the plugin wants to ask",
		},
	}
	t.Run("each act says so", func(t *testing.T) {
		for name, c := range logins {
			for act, ask := range b.acts() {
				t.Run(name+" is told by "+act, func(t *testing.T) {
					t.Parallel()
					err := ask(t.Context(), c.cluster)
					if err == nil || !c.refused(err) || !strings.Contains(err.Error(), c.says) {
						t.Fatalf("the error is %v; it must say %q", err, c.says)
					}
					if h := hint.Of(err); !strings.Contains(h, c.remedy) || !strings.Contains(h, renew) {
						t.Errorf("the remedy of %v is %q; it must say %q and %q", err, h, c.remedy, renew)
					}
				})
			}
		}
	})
	if d := cmp.Diff(map[string]string{"colour": "red"}, b.data("settings")); d != "" {
		t.Errorf("a login that is none changed an object (-want +got):\n%s", d)
	}
}

func notOfTheServer(err error) bool {
	_, ok := errors.AsType[*apierrors.StatusError](err)
	return !ok
}

// credential is a script that gives a token.
func credential(token string) string {
	return `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"` + token + `"}}'` + "\n"
}

func TestLoginByAPlugin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	config, err := b.play.Config()
	if err != nil {
		t.Fatal(err)
	}
	b.apply(b.configMap("settings", "colour=red"))
	for _, mode := range []clientcmdapi.ExecInteractiveMode{clientcmdapi.NeverExecInteractiveMode, clientcmdapi.IfAvailableExecInteractiveMode} {
		t.Run(fmt.Sprintf("that is asked %s", mode), func(t *testing.T) {
			t.Parallel()
			k := b.plugin("if [ -t 0 ]; then read -r answer; fi\n"+credential(config.BearerToken), mode)
			u, err := k.Read(t.Context(), b.ref("", "ConfigMap", "settings"))
			if err != nil || field(t, u, "data", "colour") != "red" {
				t.Errorf("it reads %v (%v)", u, err)
			}
		})
	}
}

func TestRightsThatAreMissing(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.apply(b.configMap("settings", "colour=red"))
	viewer, stranger := clusterOf(t, b.play.Kubeconfig(), playground.ViewerContext), b.stranger()
	mayNot := map[*kube.Cluster][]string{
		viewer:   {"a dry run", "an apply", "a deletion"},
		stranger: {"one object", "events", "a dry run", "an apply", "a deletion"},
	}
	for k, refused := range mayNot {
		for _, act := range refused {
			t.Run(k.Name()+" may not have "+act, func(t *testing.T) {
				t.Parallel()
				err := b.acts()[act](t.Context(), k)
				if !apierrors.IsForbidden(err) || !strings.Contains(hint.Of(err), "ask for that right, or use another context") {
					t.Errorf("the error is %v with the remedy %q", err, hint.Of(err))
				}
			})
		}
	}
	t.Run("what may not be read is unreadable and not absent", func(t *testing.T) {
		t.Parallel()
		settings := b.ref("", "ConfigMap", "settings")
		many := []object.Ref{settings}
		for i := range 20 {
			many = append(many, b.ref("", "ConfigMap", fmt.Sprintf("settings-%d", i)))
		}
		for _, refs := range [][]object.Ref{many[:1], many} {
			set, err := stranger.Live(t.Context(), object.LiveQuery{Refs: refs})
			if err != nil || len(set.Objects) != 0 || !apierrors.IsForbidden(set.Unreadable[settings.Place()]) {
				t.Errorf("of %d there are %d, unreadable are %v (%v)", len(refs), len(set.Objects), set.Unreadable, err)
			}
		}
	})
	t.Run("a tree leaves out what may not be listed", func(t *testing.T) {
		t.Parallel()
		root := b.configMap("settings")
		root.SetUID("root")
		nodes, err := stranger.Tree(t.Context(), []*unstructured.Unstructured{root})
		if err != nil || len(nodes) != 1 {
			t.Errorf("the tree is %v (%v)", nodes, err)
		}
	})
	t.Run("a viewer may not read Secrets", func(t *testing.T) {
		t.Parallel()
		_, err := viewer.Read(t.Context(), b.ref("", "Secret", "password"))
		if !apierrors.IsForbidden(err) || hint.Of(err) == "" {
			t.Errorf("the error is %v with the remedy %q", err, hint.Of(err))
		}
	})
}
