package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestACommitIsNamedInShort(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		strings.Repeat("a1", 20):             "a1a1a1a",
		"sha256:" + strings.Repeat("b2", 32): "sha256:b2b2b2b",
		"1.2.3-rc.1+build":                   "1.2.3-rc.1+build",
		"":                                   "",
	} {
		if got := (app.Commit{ID: id}).Short(); got != want {
			t.Errorf("%q is %q in short, want %q", id, got, want)
		}
	}
}

func TestHowLongAStepTook(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"kind":"ConfigMap","name":"a","startedAt":"2026-03-04T12:00:00Z","finishedAt":"2026-03-04T12:00:01.25Z"}`: "1.25s",
		`{"kind":"ConfigMap","name":"a","startedAt":"2026-03-04T12:00:00Z"}`:                                        "unknown",
		`{"kind":"ConfigMap","name":"a"}`: "unknown",
	} {
		var r app.ResourceResult
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		got := "unknown"
		if took, known := r.Took(); known {
			got = took.String()
		}
		if again, err := json.Marshal(r); err != nil || got != want || string(again) != text {
			t.Errorf("%s took %s, want %s; it is written %s (%v)", text, got, want, again, err)
		}
	}
}

func TestWhenAStepWasBegun(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	at := func(seconds int, step string, mark app.JournalMark) app.JournalEntry {
		return app.JournalEntry{Time: noon.Add(time.Duration(seconds) * time.Second), Step: step, Mark: mark}
	}
	j := app.Journal{Entries: []app.JournalEntry{
		at(0, "a", app.JournalIntended), at(1, "b", app.JournalIntended), at(2, "a", app.JournalStarted), at(5, "a", app.JournalDone),
	}}
	var got []string
	for _, e := range j.Last() {
		got = append(got, fmt.Sprintf("%s %s %s", e.Step, e.Mark, e.Time.Sub(e.Begun)))
	}
	if d := cmp.Diff([]string{"a done 5s", "b intended 0s"}, got); d != "" {
		t.Errorf("the last entries (-want +got):\n%s", d)
	}
}
