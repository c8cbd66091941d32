package tui

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
)

// Every act of the table is carried out somewhere: a case of its name is in the root model or in a screen.
func TestEveryActIsCarriedOut(t *testing.T) {
	t.Parallel()
	handled := map[string]bool{}
	names := map[string]action.ID{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "action" {
					handled[n.Sel.Name] = true
				}
			case *ast.KeyValueExpr:
				// Motion's table: every screen that scrolls carries out what it names.
				if key, ok := n.Key.(*ast.Ident); ok && filepath.Base(p) == "motion.go" {
					handled[key.Name] = true
				}
			case *ast.ValueSpec:
				if t, ok := n.Type.(*ast.Ident); ok && t.Name == "ID" && len(n.Values) == 1 {
					names[n.Names[0].Name] = action.ID(strings.Trim(n.Values[0].(*ast.BasicLit).Value, `"`))
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(action.Table()) {
		t.Errorf("%d acts are named and %d are in the table", len(names), len(action.Table()))
	}
	for name, id := range names {
		if !handled[name] {
			t.Errorf("nobody carries out %s", id)
		}
		action.Get(id)
	}
}

func TestKeysLeadFromScreenToScreen(t *testing.T) {
	t.Parallel()
	for _, step := range []struct {
		keys []string
		want string
	}{
		{[]string{"enter"}, "Resources"},
		{[]string{"enter", "j", "d"}, "diff of Deployment/payments/payments"},
		{[]string{"enter", "s"}, "payments ▸ plan"},
		{[]string{"enter", "j", "y"}, "replicas: 3"},
		{[]string{"enter", "G", "L"}, "ready to serve"},
		{[]string{"enter", "E"}, "The cluster has no events about it."},
		{[]string{"d"}, ".spec.replicas 3 → 5  by kubectl-scale 3m"},
		{[]string{"d", "s"}, "payments ▸ plan"},
		{[]string{"e"}, "replicaCount: 3"},
		{[]string{"R"}, "approved in the console"},
		{[]string{"R", "d"}, "r1 → r2"},
		{[]string{"R", "j", "enter"}, "rollback to r1"},
		{[]string{"x"}, "deletion"},
		{[]string{"y"}, "kind: Application"},
		{[]string{"f"}, "only what needs attention"},
		{[]string{"o"}, "sort: name"},
		{[]string{"o", "r"}, "sort: name, reversed"},
		{[]string{"T"}, "theme "},
		{[]string{"L"}, "Applications"},
	} {
		t.Run(strings.Join(step.keys, " "), func(t *testing.T) {
			t.Parallel()
			open(t, shop(), 120, 40).press(step.keys...).shows(step.want)
		})
	}
}

func TestARefreshMayBeHard(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("ctrl+l").acted("refresh anew payments")
	c.press("enter", "ctrl+r", "ctrl+l").acted("refresh anew payments", "refresh payments", "refresh anew payments")
	open(t, &fakeEngine{}, 120, 40).press("ctrl+l").shows("no application is selected").acted()
}

func TestADisabledKeySaysWhy(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("X").shows("cannot terminate: no operation runs")
	c.press("U").shows("cannot unpin: it is not pinned")
	c.press("enter", "L").shows("only Pods have logs")
}

func TestTheFilterNarrowsAndEscShowsAll(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("/").write("worker").shows("1 of 4").hides("ledger")
	c.press("enter").shows("/worker", "1 of 4")
	c.press("s").shows("payments-worker ▸ plan")
	c.press("esc").shows("1 of 4")
	c.press("esc").shows("ledger")
	c.press("/").write("nothing like it").shows("No application matches")
}

func TestThePaletteFindsActsAndApplications(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press(":").write("opledg").press("enter").shows("Resources", "ledger")
	c.press(":").write("histo").press("enter").shows("ledger ▸ history")
	c.press(":").write("apply").hides("apply this plan")
}

func TestAnEmptyStoreSaysWhatToDo(t *testing.T) {
	t.Parallel()
	open(t, &fakeEngine{}, 120, 40).shows("There is no application", "wheelhouse app create", "automation: nobody heals")
}

func TestADocumentThatCannotBeReadIsARow(t *testing.T) {
	t.Parallel()
	e := shop()
	e.broken = map[app.Key]error{{Name: "typo"}: errors.New("typo.yaml:4: unknown field specc")}
	c := open(t, e, 120, 40)
	c.shows("typo", "the document cannot be read", "typo.yaml:4: unknown field specc")
	c.press("s").shows("its document cannot be read; mend it first")
}

func TestAReleasedApplicationCanOnlyBeDeleted(t *testing.T) {
	t.Parallel()
	e := shop()
	e.views = []engine.View{view("gone", func(v *engine.View) { v.Released = true })}
	c := open(t, e, 120, 40)
	c.shows("Released", "its document is gone from the store")
	c.press("s").shows("what is left can only be deleted")
	c.press("x", "S").write("gone").press("enter").acted("ada delete gone confirmed ")
}

func TestAFailedPlanSaysWhy(t *testing.T) {
	t.Parallel()
	e := shop()
	e.planErr = errors.New("render payments: chart/templates/web.yaml:7: nil pointer")
	c := open(t, e, 120, 40)
	c.press("s").shows("No plan could be made", "web.yaml:7")
	c.press("S").shows("there is no plan").acted()
}

func TestPlanOptionsPlanAgain(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("s", "P").shows("prune ─")
	c.press("M", "F").shows("prune, take over, replace")
	c.press("P", "M", "F").hides("take over")
	c.press("O").shows("only the plan of a deletion can keep the objects")
	c.press("esc", "esc", "x", "O").shows("keep objects").hides("hand objects back")
	c.press("O").shows("hand objects back").hides(", keep objects")
	c.press("O").hides("hand objects back")
}

func TestAnApplicationThatIsNotKnownIsUnknownAndCounted(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		if e.views[i].App.Metadata.Name == "ledger" {
			e.views[i].App.Status.Sync, e.views[i].App.Status.Health = app.SyncStatus{}, app.Health{}
		}
	}
	open(t, e, 120, 40).shows("ledger                  ? Unknown   ? Unknown", "4 apps", "? 1")
}

func TestACommentIsNoOverride(t *testing.T) {
	t.Parallel()
	e := shop()
	e.preview = func(string) engine.ValuesPreview { return engine.ValuesPreview{} }
	c := open(t, e, 120, 40)
	c.press("e", "end").write(" in all").shows("# how many web servers in all").press("ctrl+s").shows("a comment can only be committed").acted()
}

func TestEditedValuesAreKeptAsAnOverride(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.press("e", "ctrl+s").shows("nothing has been edited")
	c.press("down", "end", "backspace").write("5").shows("edited")
	c.press("ctrl+s")
	c.acted("keep payments # how many web servers\nreplicaCount: 5\nservice:\n  type: NodePort\n  nodePort: 31080\n")
}

func TestEditedValuesAreCommittedWithAMessage(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("e", "down", "end", "backspace").write("5").press("ctrl+g").shows("message: payments: set replicaCount", "branch: main")
	c.press("ctrl+c").acted()
	c.press("ctrl+g", "enter", "enter", "enter").shows("pushed commit ccccccc")
	c.acted("commit payments main payments: set replicaCount ada <ada@wheelhouse.local>")
}

func TestValuesOfAChartAreNotCommitted(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		if e.views[i].App.Metadata.Name == "payments" {
			e.views[i].App.Spec.Source = &app.Source{RepoURL: "https://charts.example.com", Chart: "payments", TargetRevision: "1.x"}
			e.views[i].Commits = []app.Commit{{ID: "1.4.2", Message: "payments 1.4.2 (app 9)"}}
		}
	}
	c := open(t, e, 120, 40)
	c.shows("1.x 1.4.2")
	c.press("e", "down", "end", "backspace").write("5").press("ctrl+g").shows("the values come with the chart: keep them as an override").acted()
	c.press("ctrl+s").acted("keep payments # how many web servers\nreplicaCount: 5\nservice:\n  type: NodePort\n  nodePort: 31080\n")
}

func TestADraftSurvivesLeaving(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("e", "down", "end").write("7").press("esc").shows("Applications")
	c.press("e").shows("replicaCount: 37", "your draft is back")
}

func TestErrorsInTheTextAreShownAndBlockKeeping(t *testing.T) {
	t.Parallel()
	e := shop()
	e.preview = func(text string) engine.ValuesPreview {
		if !strings.Contains(text, "99999") {
			return engine.ValuesPreview{}
		}
		return engine.ValuesPreview{Result: app.ValuesResult{Problems: []app.Problem{{Line: 5, Message: "nodePort must be at most 32767"}}}}
	}
	c := open(t, e, 120, 40)
	c.press("e", "down", "down", "down", "down", "end").write("99999")
	c.shows("line 5: nodePort must be at most 32767", "1 problem", "Nothing is rendered until they")
	c.press("ctrl+s").shows("the text has errors").acted()
}

func TestAListThatIsWholeInTheOverrideIsMarked(t *testing.T) {
	t.Parallel()
	e := shop()
	e.values.Lists = []string{"hosts"}
	e.preview = func(text string) engine.ValuesPreview {
		r := app.ValuesResult{Lists: []string{"hosts"}, Overridden: []string{"replicaCount"}}
		if strings.Contains(text, "37") {
			r.Lists = []string{"ports"}
			r.Problems = []app.Problem{{Line: 2, Column: 15, Message: "37 is a lot", Warning: true}}
		}
		return engine.ValuesPreview{Result: r}
	}
	c := open(t, e, 120, 40)
	c.press("e").shows("list hosts is whole in the override: later changes of", "the file's list do not arrive")
	c.press("down", "end").write("7").shows("list ports is whole in the override", "line 2, column 15: 37 is a lot")
	c.press("ctrl+s").acted("keep payments # how many web servers\nreplicaCount: 37\nservice:\n  type: NodePort\n  nodePort: 31080\n")
}

func TestWhatOnlyACommitCanHoldIsNotKept(t *testing.T) {
	t.Parallel()
	e := shop()
	e.preview = func(text string) engine.ValuesPreview {
		if !strings.Contains(text, "37") {
			return engine.ValuesPreview{}
		}
		return engine.ValuesPreview{Result: app.ValuesResult{CommitOnly: "the file repeats it", Shadowed: "replicaCount"}}
	}
	c := open(t, e, 120, 40)
	c.press("e", "down", "end").write("7").shows("only a commit can hold this: the file repeats it")
	for _, key := range []string{"ctrl+s", "ctrl+p"} {
		c.press(key).shows("commit it instead: the file repeats it").acted()
	}
	c.press("ctrl+g").shows("Commit ", "replicaCount stays as the application sets it: a commit alone does")
}

func TestAnApplicationOfAnotherOneIsOnlyCommitted(t *testing.T) {
	t.Parallel()
	e := shop()
	e.values.CommitOnly = "the application root makes this one"
	c := open(t, e, 120, 40)
	c.press("e").shows("only a commit can hold this: the application root", "makes this one")
	c.press("ctrl+s").shows("commit it instead: the application root makes this one").acted()
}

func TestWhatTheEditorCannotShowStaysAsItIsWritten(t *testing.T) {
	t.Parallel()
	e := shop()
	e.values.Effective = "# one\ttwo\r\nreplicaCount: 3\t# three\r\nlast: \u0007\r\n"
	c := open(t, e, 120, 40)
	c.press("e").shows("# one    two", "as in git").press("down", "end", "enter").write("new: 1")
	c.press("ctrl+s").acted("keep payments # one\ttwo\r\nreplicaCount: 3\t# three\r\nnew: 1\r\nlast: \u0007\r\n")
	e = shop()
	e.values.Effective = "a: 1\r\nb: 2\n"
	c = open(t, e, 120, 40)
	c.press("e").shows("cannot be edited here", "app edit payments --values").press("ctrl+s").acted()
	e = shop()
	e.values.Effective = strings.Repeat("- 1\n", 12_000)
	c = open(t, e, 120, 40)
	c.press("e").shows("cannot be edited here")
}

func TestPastedTextIsTextWhereTextIsTyped(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.send(tea.PasteMsg{Content: "sSxSpayments\n"})
	c.shows("Applications").acted()
	c.press("e")
	c.send(tea.PasteMsg{Content: "extra: true\n"})
	c.shows("extra: true").acted()
}

func TestScreensOfAnApplicationThatIsGoneAreLeft(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.press("enter", "x", "S").write("payments").press("enter").acted("ada delete payments confirmed ")
	e.mu.Lock()
	e.views = e.views[:2]
	e.mu.Unlock()
	c.send(changed{keys: []app.Key{{}}})
	c.shows("payments ▸ deletion", "the application payments is gone")
	c.press("esc", "esc").shows("Applications")
}

func TestTheEngineIsToldWhatIsLookedAt(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.send(tick{})
	if len(e.attended) != 4 {
		t.Errorf("in the list %v are attended", e.attended)
	}
	c.press("enter")
	if len(e.attended) != 1 || e.attended[0].Name != "payments" {
		t.Errorf("on the application %v are attended", e.attended)
	}
}

// Keys that come in one go are meant for the screens that they open, in their order.
func TestKeysOfOneReadGoToTheScreensThatTheyOpen(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	// What the first key asks for is under way when the second comes.
	c.hold = true
	c.press("enter", "e")
	var kinds []action.Screen
	for _, s := range c.m.stack {
		kinds = append(kinds, s.Kind())
	}
	if d := cmp.Diff([]action.Screen{action.Apps, action.Detail, action.Values}, kinds); d != "" {
		t.Errorf("the screens (-want +got):\n%s", d)
	}
}
