package repository_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/repository"
)

// cluster is a cluster in memory, for what depends on time. It counts the lists of Secrets.
type cluster struct {
	client *fake.Clientset
	lists  int
	err    error
	log    strings.Builder
}

func (c *cluster) Client() kubernetes.Interface { return c.client }
func (c *cluster) Explain(err error) error      { return err }

func newCluster(objects ...runtime.Object) *cluster {
	c := &cluster{client: fake.NewClientset(objects...)}
	c.client.PrependReactor("list", "secrets", func(ktesting.Action) (bool, runtime.Object, error) {
		c.lists++
		return c.err != nil, nil, c.err
	})
	return c
}

func (c *cluster) secrets() *repository.Secrets {
	return repository.New(repository.Place{
		Context: "staging", Namespace: "argocd", Open: func() (repository.Cluster, error) { return c, nil },
	}, slog.New(slog.NewTextHandler(&c.log, nil)))
}

func secret(name string, data map[string]string) *corev1.Secret {
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: name, Labels: map[string]string{"argocd.argoproj.io/secret-type": "repository"}},
		Data:       map[string][]byte{},
	}
	for k, v := range data {
		s.Data[k] = []byte(v)
	}
	return s
}

func TestAnAnswerServesForHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(secret("shop", map[string]string{"url": "https://git.example.com/shop"}))
		s := c.secrets()
		ask := func() int {
			t.Helper()
			if l, err := s.Logins(t.Context()); err != nil || len(l.All()) != 1 {
				t.Fatalf("it has %v (%v)", l, err)
			}
			return c.lists
		}
		for range 100 {
			ask()
		}
		time.Sleep(29 * time.Second)
		if n := ask(); n != 1 {
			t.Errorf("within half a minute it was listed %d times", n)
		}
		time.Sleep(2 * time.Second)
		if n := ask(); n != 2 {
			t.Errorf("after half a minute it was listed %d times", n)
		}
	})
}

func TestWhatWasKnownLastComesWithTheError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(secret("shop", map[string]string{"url": "https://git.example.com/shop"}))
		s := c.secrets()
		if _, err := s.Logins(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.err = errors.New("connection refused")
		time.Sleep(31 * time.Second)
		for range 100 {
			l, err := s.Logins(t.Context())
			if !errors.Is(err, c.err) || !strings.Contains(err.Error(), "namespace argocd of cluster staging") || len(l.All()) != 1 {
				t.Fatalf("it has %v (%v)", l, err)
			}
		}
		if c.lists != 2 {
			t.Errorf("a cluster that does not answer was asked %d times", c.lists-1)
		}
		if log := c.log.String(); strings.Count(log, "known last") != 1 || !strings.Contains(log, "connection refused") {
			t.Errorf("the log says %q", log)
		}
		c.err = nil
		time.Sleep(11 * time.Second)
		if l, err := s.Logins(t.Context()); err != nil || len(l.All()) != 1 {
			t.Errorf("when it is back, it has %v (%v)", l, err)
		}
	})
}

func TestNothingIsKnownOfAClusterThatNeverAnswered(t *testing.T) {
	t.Parallel()
	c := newCluster()
	c.err = errors.New("connection refused")
	if l, err := c.secrets().Logins(t.Context()); l != nil || !errors.Is(err, c.err) {
		t.Errorf("it has %v (%v)", l, err)
	}
}

func TestAChangeOfOurOwnIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(secret("shop", map[string]string{"url": "https://git.example.com/shop"}))
	s := c.secrets()
	login := app.RepositoryLogin{Repository: app.Repository{URL: "https://git.example.com/other"}}
	for i, change := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Put(ctx, login) },
		func(ctx context.Context) error { return s.Remove(ctx, login.URL) },
	} {
		if _, err := s.Logins(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := change(t.Context()); err != nil {
			t.Fatal(err)
		}
		if l, err := s.Logins(t.Context()); err != nil || len(l.All()) != 2-i {
			t.Errorf("after change %d it has %d (%v)", i, len(l.All()), err)
		}
	}
}
