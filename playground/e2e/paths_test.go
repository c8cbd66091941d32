package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestACommitOutsideOfThePathsIsPassedOver follows an application that names its own folder, and whose base lies elsewhere.
func TestACommitOutsideOfThePathsIsPassedOver(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "pathed", map[string]string{
		"apps/web/kustomization.yaml": "resources: [page.yaml, ../../base]\n", "apps/web/page.yaml": configMap("page", "one"),
		"base/kustomization.yaml": "resources: [base.yaml]\n", "base/base.yaml": configMap("base", "one"),
	})
	first := repo.git("rev-parse", "HEAD")
	w.create("pathed", repo, "--path", "apps/web", "--sync-policy", "automated", "--annotation", "argocd.argoproj.io/manifest-generate-paths=.;/bas")
	w.automate()
	see := w.see()
	value := func(name, want string) {
		t.Helper()
		playtest.Eventually(t, playtest.Patience, name+" is "+want, func() error { return see.isValue("pathed", name, want) })
	}
	is := func(name, want string) {
		t.Helper()
		if err := see.isValue("pathed", name, want); err != nil {
			t.Error(err)
		}
	}
	value("base", "one")
	w.eventuallySynced("pathed", first)
	contains(t, w.must("app", "get", "pathed"), "GeneratePathsWarning", "/bas: the repository has no bas")
	w.must("app", "set", "pathed", "--annotation", "argocd.argoproj.io/manifest-generate-paths=.")

	// Outside: the revision moves, nothing is rendered or synced; a process that begins with nothing says the same.
	outside := repo.push("change the base", map[string]string{"base/base.yaml": configMap("base", "two")})
	w.eventuallySynced("pathed", outside)
	contains(t, w.must("app", "get", "pathed", "--refresh"), "Synced "+outside[:7], "ChangeOutsidePaths", "base/base.yaml: changed at "+outside[:7],
		"still rendered as at "+first[:7], "wheelhouse app refresh pathed --hard")
	w.expect(0, "app", "diff", "pathed")
	contains(t, w.expect(1, "app", "diff", "pathed", "--revision", "main").out, "-  value: one", "+  value: two")
	contains(t, w.must("app", "plan", "pathed"), "ConfigMap/pathed/base")
	is("base", "one")

	// Inside: what was passed over comes with it.
	inside := repo.push("change the page", map[string]string{"apps/web/page.yaml": configMap("page", "two")})
	value("page", "two")
	w.eventuallySynced("pathed", inside)
	is("base", "two")
	w.without("pathed", "ChangeOutsidePaths")

	// Whoever asks for it has it rendered, and automation syncs what that brings.
	asked := repo.push("change the base again", map[string]string{"base/base.yaml": configMap("base", "three")})
	w.eventuallySynced("pathed", asked)
	is("base", "two")
	w.must("app", "get", "pathed", "--hard-refresh")
	value("base", "three")
	w.eventuallySynced("pathed", asked)
	w.without("pathed", "ChangeOutsidePaths")

	// A commit that changes nothing in the paths is no reason to sync what somebody changed by hand.
	see.edit("pathed", "page", "by hand")
	last := repo.push("change nothing of it", map[string]string{"README.md": "hello"})
	playtest.Eventually(t, playtest.Patience, "it is OutOfSync at the last commit", func() error {
		if s := w.get("pathed").Status.Sync; s.Status != "OutOfSync" || s.Revision != last {
			return fmt.Errorf("it is %s at %s", s.Status, s.Revision)
		}
		return nil
	})
	third := repo.push("change the page again", map[string]string{"apps/web/page.yaml": configMap("page", "three")})
	value("page", "three")
	w.eventuallySynced("pathed", third)
	playtest.Eventually(t, playtest.Patience, "four syncs are recorded", func() error {
		var of []string
		for _, r := range w.records("pathed") {
			of = append(of, r.Commits[0].ID)
		}
		if want := []string{third, asked, inside, first}; strings.Join(of, " ") != strings.Join(want, " ") {
			return fmt.Errorf("the history is of %q, want %q", of, want)
		}
		return nil
	})
}

// TestAPersonSyncsWhatACommitHas has somebody sync a commit that automation passes over: what was rendered for that is what the
// application is then, and nobody heals it back.
func TestAPersonSyncsWhatACommitHas(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "passed", map[string]string{
		"apps/web/kustomization.yaml": "resources: [../../base]\n", "base/kustomization.yaml": "resources: [base.yaml]\n", "base/base.yaml": configMap("base", "one"),
	})
	w.create("passed", repo, "--path", "apps/web", "--sync-policy", "automated", "--self-heal", "--annotation", "argocd.argoproj.io/manifest-generate-paths=.")
	w.automate()
	w.eventuallySynced("passed", repo.git("rev-parse", "HEAD"))
	outside := repo.push("change the base", map[string]string{"base/base.yaml": configMap("base", "two")})
	w.eventuallySynced("passed", outside)
	w.must("app", "sync", "passed")
	see := w.see()
	if err := see.isValue("passed", "base", "two"); err != nil {
		t.Fatal(err)
	}
	w.without("passed", "ChangeOutsidePaths")
	see.edit("passed", "base", "by hand")
	playtest.Eventually(t, playtest.Patience, "it is healed to what was synced", func() error { return see.isValue("passed", "base", "two") })
	again := repo.push("change the base again", map[string]string{"base/base.yaml": configMap("base", "three")})
	w.eventuallySynced("passed", again)
	contains(t, w.must("app", "get", "passed"), "still rendered as at "+outside[:7])
	see.edit("passed", "base", "by hand again")
	playtest.Eventually(t, playtest.Patience, "it is healed to what is rendered", func() error { return see.isValue("passed", "base", "two") })
}

// without waits until an application has no condition of a type.
func (p *program) without(name, condition string) {
	p.t.Helper()
	playtest.Eventually(p.t, playtest.Patience, name+" has no condition "+condition, func() error {
		for _, c := range p.get(name).Status.Conditions {
			if c.Type == condition {
				return errors.New(c.Message)
			}
		}
		return nil
	})
}
