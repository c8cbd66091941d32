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

func TestAPushIsNoStep(t *testing.T) {
	t.Parallel()
	push := func(to, commit string, mark app.JournalMark) app.JournalEntry {
		return app.JournalEntry{Step: to, Verb: "push", Mark: mark, Pushed: app.Commit{ID: commit}}
	}
	j := app.Journal{Entries: []app.JournalEntry{
		{Step: "a", Mark: app.JournalIntended},
		{Step: "a", Mark: app.JournalDone},
		push("main", "1", app.JournalIntended), push("main", "1", app.JournalFailed), push("main", "2", app.JournalIntended), push("main", "2", app.JournalDone),
		push("other", "3", app.JournalIntended),
		{Mark: app.JournalEnd},
	}}
	text := func(entries []app.JournalEntry) (out []string) {
		for _, e := range entries {
			out = append(out, fmt.Sprint(e.Step, " ", e.Mark, " ", e.Pushed.ID))
		}
		return out
	}
	if d := cmp.Diff([]string{"a done "}, text(j.Last())); d != "" {
		t.Errorf("the steps (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"main done 2", "other intended 3"}, text(j.Pushes())); d != "" {
		t.Errorf("the pushes (-want +got):\n%s", d)
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
