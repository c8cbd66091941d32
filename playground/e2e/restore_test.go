package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// kept is a record as `app history -o json` has it.
type kept struct {
	ID, Kind, Phase, Message string
	Why                      string
	Commits, Pushed          []struct{ ID, Revision string }
}

// records returns the history of an application, newest first.
func (p *program) records(name string) []kept {
	p.t.Helper()
	return read[[]kept](p.t, p.must("app", "history", name, "-o", "json"))
}

// pinned returns the record at which an application is pinned, "" for none.
func (p *program) pinned(name string) string {
	p.t.Helper()
	return p.get(name).Metadata.Annotations["wheelhouse.dev/pin"]
}

// isValue reports whether a ConfigMap has a value.
func (e eyes) isValue(namespace, name, want string) error {
	if err := e.find("configmap", namespace, name); err != nil {
		return err
	}
	if got := e.get(namespace, name).Data["value"]; got != want {
		return fmt.Errorf("configmap/%s/%s is %q, want %q", namespace, name, got, want)
	}
	return nil
}

// eventuallySynced waits until an application is Synced at a commit.
func (p *program) eventuallySynced(name, commit string) {
	p.t.Helper()
	playtest.Eventually(p.t, playtest.Patience, name+" is Synced at "+commit[:7], func() error {
		if s := p.get(name).Status.Sync; s.Status != "Synced" || s.Revision != commit {
			return fmt.Errorf("it is %s at %s", s.Status, s.Revision)
		}
		return nil
	})
}

// guardBranch has the playground's server refuse what is pushed to a branch, as it does with protected ones, until the
// returned function is called.
func (r *repository) guardBranch(p *program, branch string) (free func()) {
	r.t.Helper()
	hook := filepath.Join(p.play.Dir(), "git", strings.TrimSuffix(filepath.Base(r.url), ".git")+".git", "hooks", "update")
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\n[ \"$1\" != refs/heads/"+branch+" ]\n"), 0o755); err != nil {
		r.t.Fatal(err)
	}
	return func() {
		if err := os.Remove(hook); err != nil {
			r.t.Error(err)
		}
	}
}

// fetched returns what a revision of the server stands for now.
func (r *repository) fetched(revision string) string {
	r.t.Helper()
	r.git("fetch", "--quiet", "--prune", "origin")
	return r.git("rev-parse", revision)
}

// TestARollbackThatGitFollows rolls back under a running automation, with the commit that makes git say the same.
func TestARollbackThatGitFollows(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "followed-back", map[string]string{
		"web/settings.yaml": configMap("settings", "one"), "web/other.yaml": configMap("other", "one"), "README.md": "one\n",
	})
	first := repo.git("rev-parse", "HEAD")
	w.create("followed-back", repo, "--path", "web", "--sync-policy", "automated", "--self-heal", "--auto-prune")
	w.automate()
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the first commit is synced", func() error { return see.isValue("followed-back", "settings", "one") })
	bad := repo.push("a bad commit", map[string]string{
		"web/settings.yaml": configMap("settings", "bad"), "web/other.yaml": "", "web/more.yaml": configMap("more", "bad"), "README.md": "two\n",
	})
	w.eventuallySynced("followed-back", bad)
	playtest.Eventually(t, playtest.Patience, "the bad commit is recorded", func() error {
		if n := len(w.records("followed-back")); n != 2 {
			return fmt.Errorf("there are %d records", n)
		}
		return nil
	})

	t.Run("a dry run shows what the commit changes, and pushes nothing", func(t *testing.T) {
		w := w.in(t)
		inOrder(t, w.must("app", "rollback", "followed-back", "r1", "--commit", "--dry-run"), "note: commits to main of "+repo.url+": 3 files, +",
			"note: once that is pushed the application follows git, and is not pinned", "commit to main of "+repo.url+": followed-back: restore web as of "+first[:7],
			"removed web/more.yaml", "added web/other.yaml", "changed web/settings.yaml +1 -1", "dry run: nothing was written")
		if tip := repo.fetched("origin/main"); tip != bad {
			t.Errorf("main is at %s, want %s", tip, bad)
		}
		if err := w.see().isValue("followed-back", "settings", "bad"); err != nil {
			t.Error(err)
		}
	})
	restored := ""
	t.Run("one commit restores the path and nothing else", func(t *testing.T) {
		out := w.in(t).must("app", "rollback", "followed-back", "r1", "--commit", "--yes")
		restored = repo.fetched("origin/main")
		contains(t, out, "rollback of followed-back: Succeeded: ", "pushed commit "+restored[:7]+" to main of "+repo.url)
		if parent := repo.git("rev-parse", "origin/main~1"); parent != bad {
			t.Errorf("it is on %s, want %s", parent, bad)
		}
		if now, was := repo.git("rev-parse", "origin/main:web"), repo.git("rev-parse", first+":web"); now != was {
			t.Errorf("web is %s, want %s", now, was)
		}
		if more := repo.git("diff", "--name-only", bad, restored, "--", ":(exclude)web"); more != "" {
			t.Errorf("it touched %s", more)
		}
		if text := repo.git("log", "-1", "--format=%B", restored); text != "followed-back: restore web as of "+first[:7]+"\n\nRolled back to r1." {
			t.Errorf("its message is %q", text)
		}
	})
	t.Run("the application is Synced with it and not pinned", func(t *testing.T) {
		w := w.in(t)
		see := w.see()
		if err := errors.Join(see.isValue("followed-back", "settings", "one"), see.isValue("followed-back", "other", "one")); err != nil {
			t.Error(err)
		}
		see.absent("configmap", "followed-back", "more")
		w.eventuallySynced("followed-back", restored)
		if pin := w.pinned("followed-back"); pin != "" {
			t.Errorf("it is pinned at %s", pin)
		}
	})
	t.Run("automation goes on with the next commit, and never went to the bad one again", func(t *testing.T) {
		w := w.in(t)
		repo.git("reset", "--quiet", "--hard", "origin/main")
		next := repo.push("go on", map[string]string{"web/settings.yaml": configMap("settings", "two")})
		w.eventuallySynced("followed-back", next)
		if err := w.see().isValue("followed-back", "settings", "two"); err != nil {
			t.Error(err)
		}
		records := w.records("followed-back")
		if len(records) != 4 || records[0].Kind != "sync" || records[0].Commits[0].ID != next || records[1].Kind != "rollback" {
			t.Fatalf("the history is %+v", records)
		}
		if p := records[1].Pushed; len(p) != 1 || p[0].ID != restored || p[0].Revision != "main" {
			t.Errorf("the rollback's record has pushed %+v, want %s", p, restored)
		}
	})
}

// TestTheCommitOfARollbackOnAnotherBranch leaves the followed branch alone.
func TestTheCommitOfARollbackOnAnotherBranch(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "proposed-back", map[string]string{"settings.yaml": configMap("settings", "one")})
	first := repo.git("rev-parse", "HEAD")
	w.create("proposed-back", repo, "--sync-policy", "automated", "--self-heal")
	w.must("app", "sync", "proposed-back")
	bad := repo.push("a bad commit", map[string]string{"settings.yaml": configMap("settings", "bad")})
	w.must("app", "sync", "proposed-back")
	out := w.automate()
	eventuallySays(t, out, "proposed-back")

	contains(t, w.expect(2, "app", "rollback", "proposed-back", "r1", "--branch", "back").err, "add --commit")
	said := w.must("app", "rollback", "proposed-back", "r1", "--commit", "--branch", "back", "--message", "back to the first", "--author", "Ada Byron <ada@example.com>", "--yes")
	tip := repo.fetched("origin/back")
	contains(t, said, "the application stays pinned: it does not follow back", "pushed commit "+tip[:7]+" to back of "+repo.url)
	if log := repo.git("log", "-1", "--format=%an <%ae> %s", "origin/back"); log != "Ada Byron <ada@example.com> back to the first" {
		t.Errorf("the commit is %s", log)
	}
	if was, now := repo.git("rev-parse", first+"^{tree}"), repo.git("rev-parse", "origin/back^{tree}"); now != was {
		t.Errorf("back is %s, want %s", now, was)
	}
	if main := repo.git("rev-parse", "origin/main"); main != bad {
		t.Errorf("main is at %s, want %s", main, bad)
	}
	if pin := w.pinned("proposed-back"); pin != "r1" {
		t.Errorf("it is pinned at %q", pin)
	}
	contains(t, w.must("app", "get", "proposed-back"), "commit "+tip[:7]+" is on back")
	repo.push("go on", map[string]string{"more.yaml": configMap("more", "two")})
	playtest.Eventually(t, playtest.Patience, "automation has seen the next commit", func() error {
		if s := w.get("proposed-back").Status.Sync; s.Status != "OutOfSync" || s.Revision != repo.git("rev-parse", "HEAD") {
			return fmt.Errorf("it is %s at %s", s.Status, s.Revision)
		}
		return nil
	})
	if err := w.see().isValue("proposed-back", "settings", "one"); err != nil {
		t.Error(err)
	}
	w.see().absent("configmap", "proposed-back", "more")
}

// TestTheCommitOfARollbackIsRefused has a server that protects the branch: the rollback stays, and the commit is made later.
func TestTheCommitOfARollbackIsRefused(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "protected-back", map[string]string{"settings.yaml": configMap("settings", "one")})
	first := repo.git("rev-parse", "HEAD")
	w.create("protected-back", repo)
	w.must("app", "sync", "protected-back")
	bad := repo.push("a bad commit", map[string]string{"settings.yaml": configMap("settings", "bad")})
	w.must("app", "sync", "protected-back")

	free := repo.guardBranch(w, "main")
	refused := w.expect(4, "app", "rollback", "protected-back", "r1", "--commit", "--yes")
	contains(t, refused.out, "rollback of protected-back: Succeeded: ", "was not pushed: push to main of "+repo.url)
	contains(t, refused.err, "was not pushed", "its server does not take this commit on main: push it to a new branch",
		"the rollback stays; the commit is made by: wheelhouse app rollback protected-back r1 --commit")
	if tip := repo.fetched("origin/main"); tip != bad {
		t.Errorf("main is at %s, want %s", tip, bad)
	}
	if err := w.see().isValue("protected-back", "settings", "one"); err != nil {
		t.Error(err)
	}
	if pin := w.pinned("protected-back"); pin != "r1" {
		t.Errorf("it is pinned at %q", pin)
	}
	if r := w.records("protected-back")[0]; r.Phase != "Succeeded" || len(r.Pushed) != 0 || !strings.Contains(r.Message, "was not pushed") {
		t.Errorf("the record is %+v", r)
	}

	free()
	t.Run("what has been rolled back to already is only committed", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("app", "rollback", "protected-back", "r1", "--commit", "--yes"), "nothing to do", "pushed commit ")
		if was, now := repo.git("rev-parse", first+"^{tree}"), repo.fetched("origin/main^{tree}"); now != was {
			t.Errorf("main is %s, want %s", now, was)
		}
		if pin := w.pinned("protected-back"); pin != "" {
			t.Errorf("it is pinned at %q", pin)
		}
		contains(t, w.must("app", "get", "protected-back", "--refresh"), "Synced")
	})
	t.Run("and what git says already is not committed again", func(t *testing.T) {
		w := w.in(t)
		tip := repo.fetched("origin/main")
		contains(t, w.must("app", "rollback", "protected-back", "r1", "--commit", "--yes"), "nothing to commit to main of "+repo.url+": it has this already")
		if now := repo.fetched("origin/main"); now != tip {
			t.Errorf("main moved to %s", now)
		}
	})
	t.Run("undoing that rollback leaves it pinned, for git says the other", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "protected-back")
		repo.git("reset", "--quiet", "--hard", "origin/main")
		repo.push("once more", map[string]string{"settings.yaml": configMap("settings", "bad")})
		w.must("app", "sync", "protected-back")
		w.must("app", "rollback", "protected-back", "r1", "--commit", "--yes")
		w.must("app", "undo", "protected-back", "--yes")
		if err := w.see().isValue("protected-back", "settings", "bad"); err != nil {
			t.Error(err)
		}
		if pin := w.pinned("protected-back"); pin == "" {
			t.Error("it is not pinned")
		}
	})
}

// TestOthersPushDuringTheRollback has the branch move on between the plan and the push.
func TestOthersPushDuringTheRollback(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	// The hook moves the branch when the first push arrives: git itself forbids that within the push's quarantine.
	race := func(t *testing.T, r *repository, theirs string) {
		t.Helper()
		bare := filepath.Join(w.play.Dir(), "git", strings.TrimSuffix(filepath.Base(r.url), ".git")+".git")
		hook := "#!/bin/sh\n[ -e raced ] && exit 0\n: > raced\nenv -u GIT_QUARANTINE_PATH git update-ref refs/heads/main " + theirs + "\n"
		if err := os.MkdirAll(filepath.Join(bare, "hooks"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bare, "hooks", "pre-receive"), []byte(hook), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	begin := func(t *testing.T, w *program, name string, theirs map[string]string) (*repository, string) {
		t.Helper()
		repo := newRepository(t, w.play, name, map[string]string{"web/settings.yaml": configMap("settings", "one"), "README.md": "one\n"})
		w.create(name, repo, "--path", "web")
		w.must("app", "sync", name)
		repo.push("a bad commit", map[string]string{"web/settings.yaml": configMap("settings", "bad")})
		w.must("app", "sync", name)
		repo.git("checkout", "--quiet", "-b", "theirs")
		for file, text := range theirs {
			if err := os.WriteFile(filepath.Join(repo.dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		repo.git("commit", "--quiet", "--all", "--message", "theirs")
		repo.git("push", "--quiet", "origin", "theirs")
		id := repo.git("rev-parse", "HEAD")
		race(t, repo, id)
		return repo, id
	}
	t.Run("something else, and the commit is on top of theirs", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		repo, theirs := begin(t, w, "raced-beside", map[string]string{"README.md": "theirs\n"})
		contains(t, w.must("app", "rollback", "raced-beside", "r1", "--commit", "--yes"), "pushed commit ")
		if parent := repo.fetched("origin/main~1"); parent != theirs {
			t.Errorf("it is on %s, want their commit %s", parent, theirs)
		}
		if pin := w.pinned("raced-beside"); pin != "" {
			t.Errorf("it is pinned at %q", pin)
		}
		contains(t, w.must("app", "get", "raced-beside", "--refresh"), "Synced")
	})
	t.Run("the same path, and theirs stays", func(t *testing.T) {
		t.Parallel()
		w := w.in(t)
		repo, theirs := begin(t, w, "raced-same", map[string]string{"web/settings.yaml": configMap("settings", "repaired")})
		refused := w.expect(4, "app", "rollback", "raced-same", "r1", "--commit", "--yes")
		contains(t, refused.err, "the branch has moved on: web was changed by Mira Holt ("+theirs[:7]+")", "the rollback stays")
		if tip := repo.fetched("origin/main"); tip != theirs {
			t.Errorf("main is at %s, want their commit %s", tip, theirs)
		}
		if pin := w.pinned("raced-same"); pin != "r1" {
			t.Errorf("it is pinned at %q", pin)
		}
		if err := w.see().isValue("raced-same", "settings", "one"); err != nil {
			t.Error(err)
		}
	})
}

// TestWhatLiesOutsideOfTheRestoredPath has the bad commit change a base that the restored path only names.
func TestWhatLiesOutsideOfTheRestoredPath(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "outside-back", map[string]string{
		"web/kustomization.yaml": "resources: [../base, own.yaml]\n", "web/own.yaml": configMap("own", "one"),
		"base/kustomization.yaml": "resources: [settings.yaml]\n", "base/settings.yaml": configMap("settings", "one"),
	})
	w.create("outside-back", repo, "--path", "web")
	w.must("app", "sync", "outside-back")
	bad := repo.push("a bad commit", map[string]string{"web/own.yaml": configMap("own", "bad"), "base/settings.yaml": configMap("settings", "bad")})
	w.must("app", "sync", "outside-back")

	refused := w.expect(6, "app", "rollback", "outside-back", "r1", "--commit", "--yes")
	contains(t, refused.err, "commit:outside-back", "ConfigMap/outside-back/settings (.data.value)")
	if strings.Contains(refused.err, "ConfigMap/outside-back/own") {
		t.Errorf("it names what is restored:\n%s", refused.err)
	}
	if err := w.see().isValue("outside-back", "own", "bad"); err != nil {
		t.Error(err)
	}
	if tip := repo.fetched("origin/main"); tip != bad {
		t.Errorf("main is at %s, want %s", tip, bad)
	}
	contains(t, w.must("app", "rollback", "outside-back", "r1", "--commit", "--yes", "--confirm", "commit:outside-back"),
		"the application stays pinned: git would ask for something else", "pushed commit ")
	if pin := w.pinned("outside-back"); pin != "r1" {
		t.Errorf("it is pinned at %q", pin)
	}
	if err := errors.Join(w.see().isValue("outside-back", "own", "one"), w.see().isValue("outside-back", "settings", "one")); err != nil {
		t.Error(err)
	}
}

// TestARollbackOfSeveralRepositories restores a chart and the values file that it takes from another repository.
func TestARollbackOfSeveralRepositories(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	chart := newRepository(t, w.play, "chart-back", map[string]string{
		"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "web/values.yaml": "value: chart\n",
		"web/templates/settings.yaml": configMap("settings", "{{ .Values.value }}"), "web/templates/own.yaml": configMap("own", "one"),
	})
	values := newRepository(t, w.play, "values-back", map[string]string{"prod/values.yaml": "value: one\n", "test/values.yaml": "value: one\n"})
	drop(t, w.store, "several-back.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: several-back}
spec:
  destination: {name: playground, namespace: several-back}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  sources:
    - {repoURL: `+values.url+`, targetRevision: main, ref: values}
    - repoURL: `+chart.url+`
      targetRevision: main
      path: web
      helm: {valueFiles: [$values/prod/values.yaml]}
`)
	w.must("app", "sync", "several-back")
	chart.push("a bad chart", map[string]string{"web/templates/own.yaml": configMap("own", "bad")})
	values.push("bad values", map[string]string{"prod/values.yaml": "value: bad\n", "test/values.yaml": "value: two\n"})
	w.must("app", "sync", "several-back")
	out := w.must("app", "rollback", "several-back", "r1", "--commit", "--yes")
	contains(t, out, "to main of "+chart.url, "to main of "+values.url, "the application follows git, and is not pinned")
	for _, r := range []*repository{chart, values} {
		r.fetched("origin/main")
		if n := r.git("rev-list", "--count", "HEAD..origin/main"); n != "1" {
			t.Errorf("%s has %s new commits, want 1", r.url, n)
		}
	}
	if got := values.git("show", "origin/main:prod/values.yaml"); got != "value: one" {
		t.Errorf("the values are %q", got)
	}
	if got := values.git("show", "origin/main:test/values.yaml"); got != "value: two" {
		t.Errorf("the values of others are %q", got)
	}
	contains(t, w.must("app", "get", "several-back", "--refresh"), "Synced")
	if pin := w.pinned("several-back"); pin != "" {
		t.Errorf("it is pinned at %q", pin)
	}
}

// TestConsoleCommitsARollback rolls back by keys and has git follow, on a small screen.
func TestConsoleCommitsARollback(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "keys-back", map[string]string{"web/settings.yaml": configMap("settings", "one"), "README.md": "one\n"})
	first := repo.git("rev-parse", "HEAD")
	w.create("keys-back", repo, "--path", "web")
	w.must("app", "sync", "keys-back")
	bad := repo.push("a bad commit", map[string]string{"web/settings.yaml": configMap("settings", "bad"), "README.md": "two\n"})
	w.must("app", "sync", "keys-back")

	free := repo.guardBranch(w, "main")
	x := w.console(80, 24)
	x.shows("keys-back").press("R").shows("History", "r2", "r1").press("G", "Enter").shows("rollback to r1", "1 change", "restores it in git too")
	x.press("C-g").shows("Restore it in git too?", "restore as of "+first[:7], "branch: main").press("Enter", "Enter", "Enter")
	x.shows("commits to main", "changed web/settings.yaml +1 -1")
	if tip := repo.fetched("origin/main"); tip != bad {
		t.Errorf("the plan moved main to %s", tip)
	}
	x.press("S").shows("succeeded in", "does not take this commit on main", "push it to a new branch").press("Escape").shows("pinned at r1")
	if tip := repo.fetched("origin/main"); tip != bad {
		t.Errorf("main is at %s, want %s", tip, bad)
	}

	// The rollback is done; what is left is the commit.
	free()
	x.press("G", "Enter").shows("Nothing to do in the cluster").press("C-g").shows("Restore it in git too?").press("Enter", "Enter", "Enter")
	x.shows("commits to main").press("S").shows("succeeded in", "pushed commit").press("Escape").shows("History", "r4").hides("pinned at")
	if parent := repo.fetched("origin/main~1"); parent != bad {
		t.Errorf("the commit is on %s, want %s", parent, bad)
	}
	if more := repo.git("diff", "--name-only", first, "origin/main"); more != "README.md" {
		t.Errorf("what differs from the first commit is %q, want the README alone", more)
	}
	x.press("Escape").shows("sort: attention", "Synced").press("q").ended()
}

// TestAStepThatIsLeftOutKeepsThePin has the plan of a rollback do less than its commit says.
func TestAStepThatIsLeftOutKeepsThePin(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "part-back", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	first := repo.git("rev-parse", "HEAD")
	w.create("part-back", repo)
	w.must("app", "sync", "part-back")
	repo.push("a bad commit", map[string]string{"a.yaml": configMap("a", "bad"), "b.yaml": configMap("b", "bad")})
	w.must("app", "sync", "part-back")

	x := w.console(120, 40)
	x.shows("part-back").press("R").shows("History", "r2", "r1").press("G", "Enter").shows("rollback to r1", "2 change")
	x.press("C-g").shows("Restore it in git too?").press("Enter", "Enter", "Enter").shows("commits to main")
	x.press("g", "Space").shows("left out").press("S").shows("succeeded in", "pushed commit").press("Escape").shows("pinned at r1")
	if was, now := repo.git("rev-parse", first+"^{tree}"), repo.fetched("origin/main^{tree}"); now != was {
		t.Errorf("main is %s, want %s", now, was)
	}
	if err := errors.Join(w.see().isValue("part-back", "a", "bad"), w.see().isValue("part-back", "b", "one")); err != nil {
		t.Error(err)
	}
	x.press("Escape").shows("sort: attention").press("q").ended()
}
