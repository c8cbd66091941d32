package diff

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestYAMLIsWrittenAsPeopleWriteManifests(t *testing.T) {
	t.Parallel()
	got := YAML(of(t, "{extra: 1, spec: {script: \"a\\nb\\n\"}, kind: Job, apiVersion: batch/v1, metadata: {name: x}, status: {}}"))
	want := "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: x\nspec:\n  script: |\n    a\n    b\nstatus: {}\nextra: 1\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if YAML(nil) != "" {
		t.Error("nothing is written as something")
	}
}

func TestLinesAreNumberedOnBothSides(t *testing.T) {
	t.Parallel()
	got := Lines("a\nb\nc\n", "a\nx\nc\nd\n")
	want := []Line{
		{Text: "a", Old: 1, New: 1},
		{Kind: Removed, Text: "b", Old: 2},
		{Kind: Added, Text: "x", New: 2},
		{Text: "c", Old: 3, New: 3},
		{Kind: Added, Text: "d", New: 4},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestHunksKeepSomeContext(t *testing.T) {
	t.Parallel()
	before := strings.Split("0 1 2 3 4 5 6 7 8 9", " ")
	after := append([]string(nil), before...)
	after[2], after[8] = "two", "eight"
	hunks := Hunks(strings.Join(before, "\n")+"\n", strings.Join(after, "\n")+"\n", 1)
	if len(hunks) != 2 || hunks[0].Skipped != 1 || hunks[1].Skipped != 3 || len(hunks[0].Lines) != 4 {
		t.Errorf("got %+v", hunks)
	}
	if h := Hunks("same\n", "same\n", 3); len(h) != 0 {
		t.Errorf("equal texts have %d hunks", len(h))
	}
}

func TestWordsMarkWhatChanged(t *testing.T) {
	t.Parallel()
	before, after := Words("image: web:1.2", "image: web:1.3")
	join := func(spans []Span) (all, changed string) {
		for _, s := range spans {
			all += s.Text
			if s.Changed {
				changed += s.Text
			}
		}
		return all, changed
	}
	if all, changed := join(before); all != "image: web:1.2" || changed != "2" {
		t.Errorf("before: %q, changed %q", all, changed)
	}
	if all, changed := join(after); all != "image: web:1.3" || changed != "3" {
		t.Errorf("after: %q, changed %q", all, changed)
	}
}

func TestUnifiedIsADiffOfTheTool(t *testing.T) {
	t.Parallel()
	if got := Unified("a\n", "b\n", "live", "git"); !strings.Contains(got, "--- live\n+++ git\n") || !strings.Contains(got, "-a\n+b\n") {
		t.Errorf("got %q", got)
	}
	if got := Unified("a\n", "a\n", "live", "git"); got != "" {
		t.Errorf("equal texts give %q", got)
	}
}
