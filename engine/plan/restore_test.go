package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// restoring is the commit of a rollback on a branch.
func restoring(branch string, followed bool) plan.Restore {
	return plan.Restore{
		Source: app.Source{RepoURL: "https://git.example.com/shop"},
		Draft: app.Draft{
			Commit: app.Commit{ID: "c3"}, Parent: app.Commit{ID: "c2"}, Branch: branch, Followed: followed,
			Files: []app.FileChange{{Path: "web/a.yaml", Act: "changed", Added: 2, Removed: 1, Counted: true}, {Path: "web/logo.png", Act: "removed"}},
		},
	}
}

func TestTheCommitsOfARollback(t *testing.T) {
	t.Parallel()
	empty := restoring("main", true)
	empty.Draft.Commit = empty.Draft.Parent
	for name, tt := range map[string]struct {
		restores []plan.Restore
		differs  []string
		unpins   bool
		notes    []string
		guard    string
	}{
		"on the followed branch": {
			restores: []plan.Restore{restoring("main", true)}, unpins: true,
			notes: []string{
				"commits to main of https://git.example.com/shop: 2 files, +2 -1",
				"once that is pushed the application follows git, and is not pinned",
			},
		},
		"on another branch": {
			restores: []plan.Restore{restoring("main", true), restoring("back", false)},
			notes: []string{
				"commits to main of https://git.example.com/shop: 2 files, +2 -1", "commits to back of https://git.example.com/shop: 2 files, +2 -1",
				"the application stays pinned: it does not follow back",
			},
		},
		"where there is nothing to commit": {
			restores: []plan.Restore{empty}, unpins: true,
			notes: []string{
				"nothing to commit to main of https://git.example.com/shop: it has this already",
				"git says the same, so the application follows git, and is not pinned",
			},
		},
		"where something else would be rendered": {
			restores: []plan.Restore{restoring("main", true)}, differs: []string{"ConfigMap/web/a (.data.x)", "Secret/web/b (which git would not have)"},
			notes: []string{
				"commits to main of https://git.example.com/shop: 2 files, +2 -1", "the application stays pinned: git would ask for something else",
			},
			guard: "ConfigMap/web/a (.data.x), Secret/web/b (which git would not have)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan.Plan{App: app.Key{Name: "shop"}, Record: "r1"}
			plan.AddRestores(&p, tt.restores, tt.differs)
			if !slices.Equal(p.Notes, tt.notes) || p.Unpins != tt.unpins || p.Accepted() != (tt.guard != "") {
				t.Errorf("the plan says %q, unpins %v, is accepted %v", p.Notes, p.Unpins, p.Accepted())
			}
			if tt.guard == "" {
				return
			}
			if g := p.Guards; len(g) != 1 || !strings.HasPrefix(g[0].Name, "commit:") || !strings.HasSuffix(g[0].Message, tt.guard) || g[0].Refuse {
				t.Errorf("the guards are %+v", p.Guards)
			}
		})
	}
}

func TestAGuardNamesNoHundredObjects(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("ConfigMap/web/c%d", i))
	}
	p := plan.Plan{}
	plan.AddRestores(&p, []plan.Restore{restoring("main", true)}, many)
	if got := p.Guards[0].Message; !strings.HasSuffix(got, "ConfigMap/web/c7 and 92 more") {
		t.Errorf("the guard says %s", got)
	}
}

func TestStat(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]app.FileChange{
		"changed web/a.yaml +2 -1": {Path: "web/a.yaml", Act: "changed", Added: 2, Removed: 1, Counted: true},
		"removed web/logo.png":     {Path: "web/logo.png", Act: "removed"},
	} {
		if got := plan.Stat(f); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
