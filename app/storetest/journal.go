package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func (p Place) head(id string, start int64) app.JournalHead {
	return app.JournalHead{
		ID: id, App: p.key("web"), Kind: app.KindSync, By: app.Initiator{Username: "ada"}, StartedAt: time.Unix(start, 0).UTC(),
		Cluster: "uid", Objects: []object.Ref{{Kind: "ConfigMap", Namespace: "web", Name: "a"}},
	}
}

func begin(t *testing.T, j Journals, head app.JournalHead) app.JournalWriter {
	t.Helper()
	w, err := j.Begin(t.Context(), head)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

func opened(t *testing.T, j Journals, key app.Key) []app.Journal {
	t.Helper()
	got, err := j.Open(t.Context(), key, "")
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return got
}

func journal(t *testing.T, p Place) {
	w := begin(t, p.created(t, "web").Journals, p.head("op-1", 1))
	entries := []app.JournalEntry{
		{Time: time.Unix(2, 0).UTC(), Mark: app.JournalIntended, Step: "1", Verb: "apply", Ref: p.head("", 0).Objects[0]},
		{Time: time.Unix(3, 0).UTC(), Mark: app.JournalDone, Step: "1", Message: "two\nlines"},
		{Time: time.Unix(4, 0).UTC(), Mark: app.JournalIntended, Step: "main", Verb: "push", Pushed: app.Commit{ID: "1", Revision: "main"}},
		{Time: time.Unix(5, 0).UTC(), Mark: app.JournalEnd, Phase: app.OperationSucceeded},
	}
	other := p.Open(t).Journals
	for i, e := range entries {
		write := w.Write
		if e.Mark == app.JournalDone {
			write = w.Note
		}
		if err := write(e); err != nil {
			t.Fatal(err)
		}
		want := []app.Journal{{Head: p.head("op-1", 1), Entries: entries[:i+1]}}
		if diff := cmp.Diff(want, opened(t, other, p.key("web"))); diff != "" {
			t.Errorf("after %d entries:\n%s", i+1, diff)
		}
	}
}

func journals(t *testing.T, p Place) {
	j := p.created(t, "web", "api").Journals
	begin(t, j, p.head("a", 2))
	begin(t, j, p.head("b", 1))
	if _, err := j.Begin(t.Context(), p.head("a", 3)); err == nil {
		t.Error("a second journal of the same id was begun")
	}
	if _, err := j.Begin(t.Context(), p.head("../a", 3)); err == nil {
		t.Error("a journal whose id is a path was begun")
	}
	expect := func(key app.Key, want ...string) {
		t.Helper()
		var got []string
		for _, o := range opened(t, p.Open(t).Journals, key) {
			got = append(got, o.Head.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	expect(p.key("web"), "b", "a")
	expect(p.key("api"))
	if rest, err := j.Open(t.Context(), p.key("web"), "b"); err != nil || len(rest) != 1 || rest[0].Head.ID != "a" {
		t.Errorf("without b there are %+v, %v", rest, err)
	}
	for range 2 {
		if err := j.Remove(t.Context(), p.key("web"), "b"); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	expect(p.key("web"), "a")
}

func journalGoesOn(t *testing.T, p Place) {
	j := p.created(t, "web").Journals
	intended := app.JournalEntry{Time: time.Unix(2, 0).UTC(), Mark: app.JournalIntended, Step: "1"}
	done := app.JournalEntry{Time: time.Unix(3, 0).UTC(), Mark: app.JournalDone, Step: "1"}
	if err := begin(t, j, p.head("op-1", 1)).Write(intended); err != nil {
		t.Fatal(err)
	}
	w, err := p.Open(t).Journals.Reopen(t.Context(), p.key("web"), "op-1")
	if err != nil {
		t.Fatalf("reopen: %v", err)
	}
	if err := errors.Join(w.Write(done), w.Close()); err != nil {
		t.Fatal(err)
	}
	want := []app.Journal{{Head: p.head("op-1", 1), Entries: []app.JournalEntry{intended, done}}}
	if diff := cmp.Diff(want, opened(t, j, p.key("web"))); diff != "" {
		t.Error(diff)
	}
	if _, err := j.Reopen(t.Context(), p.key("web"), "op-2"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("a journal that was never begun was reopened: %v", err)
	}
}
