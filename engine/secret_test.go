package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Fronts draw what Views hold, so that a password that is in none of them is on no screen.
func TestAViewHoldsNoLogins(t *testing.T) {
	t.Parallel()
	const canary = "s3cr3t-canary"
	en := newEntry(app.Key{Name: "web"})
	en.adopt(app.Application{
		Metadata: app.Metadata{Name: "web"},
		Spec:     app.Spec{Source: &app.Source{RepoURL: "https://mira:" + canary + "@git.example.com/web", Path: "."}},
	}, time.Now())
	v, ok := en.current()
	if !ok || strings.Contains(fmt.Sprintf("%+v", v.App.Spec.AllSources()), canary) {
		t.Errorf("the view holds the password: %+v", v.App.Spec.AllSources())
	}
	if !strings.Contains(v.App.Spec.Source.RepoURL, "git.example.com/web") {
		t.Errorf("the view has the repository %s", v.App.Spec.Source.RepoURL)
	}
	// The engine itself goes on with what the document says.
	if got := en.view.App.Spec.Source.RepoURL; !strings.Contains(got, canary) {
		t.Errorf("the engine knows the repository as %s", got)
	}
}
