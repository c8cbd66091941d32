package action_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
)

var update = flag.Bool("update", false, "write docs/keys.md")

func TestEveryActIsBoundAndDocumented(t *testing.T) {
	t.Parallel()
	seen := map[action.ID]bool{}
	for _, a := range action.Table() {
		if seen[a.ID] {
			t.Errorf("%s is in the table twice", a.ID)
		}
		seen[a.ID] = true
		if len(a.Keys) == 0 || a.Title == "" || !strings.HasSuffix(a.Help, ".") {
			t.Errorf("%s lacks keys, a title or a sentence of help: %+v", a.ID, a)
		}
	}
}

func TestAKeyMeansOneActPerScreen(t *testing.T) {
	t.Parallel()
	for _, s := range action.Screens() {
		owner := map[string]action.ID{}
		for _, a := range action.For(s) {
			for _, k := range a.Keys {
				if other, taken := owner[k]; taken {
					t.Errorf("on %s the key %q is both %s and %s", s, k, other, a.ID)
				}
				owner[k] = a.ID
			}
		}
	}
}

// A key that only reads on one screen must never change anything on another: fingers remember.
func TestAKeyThatReadsNeverWritesElsewhere(t *testing.T) {
	t.Parallel()
	least, most := map[string]action.Action{}, map[string]action.Action{}
	for _, a := range action.Table() {
		for _, k := range a.Keys {
			if l, ok := least[k]; !ok || a.Danger < l.Danger {
				least[k] = a
			}
			if m, ok := most[k]; !ok || a.Danger > m.Danger {
				most[k] = a
			}
		}
	}
	for k := range least {
		if most[k].Danger == action.Write && least[k].Danger < action.Write {
			t.Errorf("the key %q is %s here and %s there", k, least[k].ID, most[k].ID)
		}
	}
}

func TestNothingIsWrittenByAKeyThatScrollsOrKillsElsewhere(t *testing.T) {
	t.Parallel()
	harmless := []string{"ctrl+d", "ctrl+u", "ctrl+k", "enter", "space", "esc", "y"}
	for _, a := range action.Table() {
		for _, k := range a.Keys {
			if a.Danger >= action.Open && slices.Contains(harmless, k) {
				t.Errorf("%s, which is %s, lies on %q", a.ID, a.Danger, k)
			}
		}
	}
}

func TestWhereTextIsTypedNoLetterActs(t *testing.T) {
	t.Parallel()
	for _, s := range action.Screens() {
		if !action.Types(s) {
			continue
		}
		for _, a := range action.For(s) {
			free := slices.ContainsFunc(a.Keys, func(k string) bool { return len([]rune(k)) > 1 && k != "space" && k != "enter" })
			if !free {
				t.Errorf("on %s, %s lies only on %v, which are text there", s, a.ID, a.Keys)
			}
		}
	}
}

func TestTheDocumentIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "docs", "keys.md")
	if *update {
		if err := os.WriteFile(file, []byte(action.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(action.Markdown(), string(got)); d != "" {
		t.Errorf("docs/keys.md is not what the table says (write it with go test ./tui/action -update):\n%s", d)
	}
}
