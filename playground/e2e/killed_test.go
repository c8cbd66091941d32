package e2e

import "strings"

// operations are the kinds of operation that are killed.
var operations = []string{"sync", "rollback", "undo", "deletion"}

// doomed is an operation that is to be killed: it leads from the state of one commit to that of another.
type doomed struct {
	kind     string
	args     []string
	from, to int
}

// gone is the state that a deletion leads to.
const gone = -1

// choose begins to undo, roll back or delete about as often as it syncs. What is undone was synced in peace.
func (k *killer) choose(n int) doomed {
	k.t.Helper()
	kind := "sync"
	if k.rand.IntN(2) == 0 {
		kind = k.rarestOf(operations[1:])
	}
	before := k.state
	switch kind {
	case "rollback", "undo":
		k.sync(n)
		return doomed{kind: kind, args: []string{"app", kind, victim, "--yes"}, from: n, to: before}
	case "deletion":
		return doomed{kind: kind, args: []string{"app", "delete", victim, "--yes"}, from: before, to: gone}
	}
	return doomed{kind: kind, args: []string{"app", "sync", victim, "--prune", "--yes"}, from: before, to: n}
}

// draw chooses a kind of entry that the operation will have: a rare one as often as any.
func (k *killer) draw(d doomed) string {
	var able []string
	for _, entry := range entries {
		if d.has(entry[strings.LastIndex(entry, " ")+1:]) {
			able = append(able, entry)
		}
	}
	if k.rand.IntN(2) == 0 {
		return k.rarestOf(able)
	}
	return able[k.rand.IntN(len(able))]
}

// has reports whether an operation has steps of a verb.
func (d doomed) has(verb string) bool {
	switch {
	case verb == "head":
		return true
	case d.to == gone:
		return verb == "prune"
	case verb == "hook":
		return d.kind == "sync"
	case verb == "create":
		return d.from%2 == 0 && d.to%2 == 1
	case verb == "prune":
		return d.from%2 == 1 && d.to%2 == 0
	case verb == "replace":
		return fixedAt(d.from) != fixedAt(d.to)
	}
	return true
}

// mend resumes or undoes what was interrupted, by the toss of a coin. Afterwards git is followed again.
func (k *killer) mend(n int, d doomed, hit string) {
	k.t.Helper()
	switch status := k.w.run("app", "get", victim, "--refresh"); {
	case status.status == 3 && d.to == gone:
		k.state = gone
	case strings.Contains(status.out, "OperationInterrupted"):
		k.goOn(d, hit)
	case !ends(hit):
		k.t.Errorf("a %s killed after %s: nobody says so\n%s%s", d.kind, hit, status.out, status.err)
	default:
		k.state = d.to
	}
	// Only what was rolled back or undone is pinned.
	k.w.run("app", "unpin", victim)
	if k.state == gone {
		k.nothingIsLeft()
		k.w.create(victim, k.repo)
		k.sync(n)
	}
}

// goOn undoes or resumes what was interrupted. Of hooks that nobody knows about it goes on without.
func (k *killer) goOn(d doomed, hit string) {
	k.t.Helper()
	if k.rand.IntN(3) == 0 {
		k.w.must("app", "undo", victim, "--yes")
		k.state = d.from
		return
	}
	args := []string{"app", "resume", victim, "--yes"}
	r := k.w.run(args...)
	if r.status == 6 && strings.Contains(r.err, "hook:Job/") {
		for _, word := range strings.Fields(r.err) {
			if name, ok := strings.CutSuffix(word, ":"); ok && strings.HasPrefix(name, "hook:") {
				args = append(args, "--skip", name)
			}
		}
		k.w.must(args...)
	} else if r.status != 0 {
		k.t.Fatalf("a %s killed after %s: resume ended with %d\n%s%s", d.kind, hit, r.status, r.out, r.err)
	}
	k.state = d.to
}

// sync syncs in peace.
func (k *killer) sync(n int) {
	k.t.Helper()
	k.w.must("app", "sync", victim, "--prune", "--yes")
	k.state = n
}

// nothingIsLeft makes sure that a deletion has deleted all.
func (k *killer) nothingIsLeft() {
	k.t.Helper()
	if marked := k.marked(); len(marked) > 0 {
		k.t.Errorf("the application is deleted, and %v carry its mark", marked)
	}
}
