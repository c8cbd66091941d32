package kube

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// lab is the cluster of a context that was never connected.
func lab(plugin bool) *Cluster {
	k := &Cluster{name: "lab", config: &rest.Config{Host: "https://lab.example.com"}, contact: &contact{context: "lab"}, cache: newCache()}
	if plugin {
		k.config.ExecProvider = &clientcmdapi.ExecConfig{Command: "login"}
	}
	return k
}

func TestErrorsCarryTheirRemedy(t *testing.T) {
	t.Parallel()
	pods := schema.GroupResource{Resource: "pods"}
	credentials := errors.New(`Get "https://lab.example.com/api": getting credentials: exec: executable login failed with exit code 1`)
	const renew = "kubectl --context lab get namespaces"
	for name, c := range map[string]struct {
		err    error
		plugin bool
		// unreachable is what the last request came to.
		unreachable error
		remedy      []string
	}{
		"a wrong login is to be renewed": {
			err: apierrors.NewUnauthorized("no"), remedy: []string{"the login has expired or is wrong", renew},
		},
		"so it is when the error is wrapped": {
			err: fmt.Errorf("read it: %w", apierrors.NewUnauthorized("no")), remedy: []string{"the login has expired or is wrong", renew},
		},
		"so it is behind a plugin": {
			err: apierrors.NewUnauthorized("no"), plugin: true, remedy: []string{"the login has expired or is wrong", renew},
		},
		"a plugin that fails is run from a shell": {
			err: credentials, plugin: true, remedy: []string{"the plugin wants to ask", "from a shell", renew},
		},
		"a plugin's failure is none of a context without one": {err: credentials},
		"a right that is missing is to be asked for": {
			err: apierrors.NewForbidden(pods, "web", errors.New(`User "ada" cannot get resource "pods"`)), remedy: []string{"ask for that right", "another context"},
		},
		"a right is missing however the line was": {
			err: apierrors.NewForbidden(pods, "web", errors.New(`User "ada" cannot get resource "pods"`)), unreachable: io.EOF,
			remedy: []string{"ask for that right"},
		},
		"a quota that is used up is no missing right": {err: apierrors.NewForbidden(pods, "web", errors.New("exceeded quota: small"))},
		"a server that does not answer is to be checked": {
			err: io.EOF, unreachable: io.EOF, remedy: []string{"https://lab.example.com is reachable", "context lab is current"},
		},
		"a conflict needs none":        {err: apierrors.NewConflict(pods, "web", errors.New("moved"))},
		"an object that is not there":  {err: apierrors.NewNotFound(pods, "web")},
		"an error of a reachable line": {err: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := lab(c.plugin)
			k.contact.note(c.unreachable)
			err := k.explain(c.err)
			if !errors.Is(err, c.err) || err.Error() != c.err.Error() {
				t.Errorf("%v became %v", c.err, err)
			}
			if apierrors.ReasonForError(err) != apierrors.ReasonForError(c.err) {
				t.Errorf("the server's status of %v is lost", c.err)
			}
			got := hint.Of(err)
			if got != "" && c.remedy == nil {
				t.Errorf("%v has the remedy %q", c.err, got)
			}
			for _, want := range c.remedy {
				if !strings.Contains(got, want) {
					t.Errorf("the remedy of %v is %q; it must say %q", c.err, got, want)
				}
			}
		})
	}
	t.Run("no error needs no remedy", func(t *testing.T) {
		t.Parallel()
		k := lab(true)
		k.contact.note(io.EOF)
		if err := k.explain(nil); err != nil {
			t.Errorf("nil became %v", err)
		}
	})
}
