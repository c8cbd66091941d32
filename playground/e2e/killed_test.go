package e2e

import (
	"slices"
	"strings"
)

// scene is an operation that can be killed at entries of some kinds.
type scene struct {
	// kind is that of the operation.
	kind    string
	entries []string
	// prepare makes all ready for the operation.
	prepare func(*killer) doomed
}

// scenes are all operations, those that fail among them.
var scenes = append([]scene{
	{"sync", entriesOf("create", "change", "replace", "prune", "hook"), (*killer).bring},
	{"sync", entriesOf("own"), (*killer).bringWhatIsThere},
	{"sync", []string{"skipped hook"}, (*killer).bringWithoutTheEndOfAHook},
	{"rollback", entriesOf("create", "change", "replace", "prune"), func(k *killer) doomed { return k.back("rollback") }},
	{"undo", entriesOf("create", "change", "replace", "prune"), func(k *killer) doomed { return k.back("undo") }},
	{"deletion", entriesOf("prune", "hook"), (*killer).delete},
	{"hand-back", entriesOf("unmark"), (*killer).handBack},
	{"adoption", entriesOf("change", "hook"), (*killer).adopt},
}, refused...)

// seconds are the operations that follow one that was killed, and are killed too.
var seconds = []string{"resume", "undo of what was interrupted"}

// kinds are the kinds of journal entry at which a process is killed, and those of operations that are. The end is not among them: its
// entry and the removal of its file are one instant.
var kinds = kindsOf(scenes)

// entriesOf returns the kinds of the entries of an operation whose steps have these verbs, and succeed.
func entriesOf(verbs ...string) []string {
	out := []string{"head"}
	for _, v := range verbs {
		out = append(out, "intended "+v, "done "+v)
		if v == "hook" {
			out = append(out, "started hook")
		}
	}
	return out
}

func kindsOf(scenes []scene) []string {
	out := slices.Clone(seconds)
	for _, s := range scenes {
		out = append(append(out, s.kind), s.entries...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// doomed is an operation that is to be killed: it leads from the state of one commit to that of another.
type doomed struct {
	kind     string
	args     []string
	from, to int
	// away is true when the application is no more after it, fails when it ends with something refused.
	away, fails bool
	// skips names the hook whose end is not waited for.
	skips string
}

// gone is the state that a deletion leads to.
const gone = -1

// draw chooses what to kill, at which kind of entry, and which of the operations that follow, if any: a rare one as often as any.
func (k *killer) draw() (s scene, entry, second string) {
	want := kinds[k.rand.IntN(len(kinds))]
	if k.rand.IntN(4) > 0 {
		want = k.rarest(kinds)
	}
	able := slices.DeleteFunc(slices.Clone(scenes), func(s scene) bool {
		return want != s.kind && !slices.Contains(s.entries, want)
	})
	if slices.Contains(seconds, want) {
		second, able = want, scenes
	}
	s = able[k.rand.IntN(len(able))]
	if slices.Contains(s.entries, want) {
		return s, want, second
	}
	return s, s.entries[k.rand.IntN(len(s.entries))], second
}

func syncing(from, to int) doomed {
	return doomed{kind: "sync", args: []string{"app", "sync", victim, "--prune", "--yes"}, from: from, to: to}
}

// bring syncs a new commit.
func (k *killer) bring() doomed {
	k.t.Helper()
	return syncing(k.state, k.commit(nil))
}

// bringWhatIsThere syncs a commit of which somebody has made some by hand.
func (k *killer) bringWhatIsThere() doomed {
	k.t.Helper()
	d := k.bring()
	for _, name := range []string{"one", "two", "three"} {
		k.see.edit(victim, name, valueAt(d.to))
	}
	return d
}

// bringWithoutTheEndOfAHook syncs a commit with a hook that never ends, which somebody skips.
func (k *killer) bringWithoutTheEndOfAHook() doomed {
	k.t.Helper()
	d := syncing(k.state, k.commit(map[string]string{"gate.yaml": endless}))
	d.skips = "gate"
	return d
}

// back rolls back or undoes what was synced in peace.
func (k *killer) back(kind string) doomed {
	k.t.Helper()
	before := k.state
	k.syncs(nil)
	return doomed{kind: kind, args: []string{"app", kind, victim, "--yes"}, from: k.state, to: before}
}

func (k *killer) delete() doomed {
	return doomed{kind: "deletion", args: []string{"app", "delete", victim, "--yes"}, from: k.state, to: gone, away: true}
}

func (k *killer) handBack() doomed {
	return doomed{kind: "hand-back", args: []string{"app", "hand-back", victim, "--yes"}, from: k.state, to: k.state, away: true}
}

// adopt takes objects that are nobody's: those that were handed back.
func (k *killer) adopt() doomed {
	k.t.Helper()
	k.syncs(nil)
	k.w.must("app", "hand-back", victim, "--yes")
	if marked := k.marked(); len(marked) > 0 {
		k.t.Errorf("the objects are handed back, and %v carry the mark", marked)
	}
	k.w.create(victim, k.repo)
	d := syncing(k.state, k.state)
	d.kind = "adoption"
	return d
}

// mend resumes or undoes what was interrupted, by the toss of a coin, and tells what it did. A second operation is killed where one
// is named, and now and then.
func (k *killer) mend(d doomed, hit, second string) string {
	k.t.Helper()
	switch status := k.w.run("app", "get", victim, "--refresh"); {
	case status.status == 3 && d.away:
		k.state = d.to
		return ""
	case strings.Contains(status.out, "OperationInterrupted"):
	case !ends(hit):
		k.t.Fatalf("a %s killed after %s: nobody says so\n%s%s", d.kind, hit, status.out, status.err)
	case d.fails:
		return k.failed(d)
	default:
		k.state = d.to
		return ""
	}
	if second == "" && k.rand.IntN(6) == 0 {
		second = seconds[k.rand.IntN(len(seconds))]
	}
	switch {
	case second != "":
		return k.killAgain(d, second)
	case k.rand.IntN(3) == 0:
		k.undo(d)
		return ", undone"
	}
	return k.resume(d, hit)
}

// killAgain kills what follows upon an operation that was killed.
func (k *killer) killAgain(d doomed, second string) string {
	k.t.Helper()
	d.kind, d.args = second, []string{"app", "resume", victim, "--yes"}
	if second == "resume" {
		k.allowsAgain()
	} else {
		k.see.allow(victim)
		d.args = k.undoing()
		d.to, d.away, d.fails = d.from, false, false
	}
	hit := k.killAfter(d, anyEntry)
	if !ends(hit) {
		k.hits[second]++
	}
	return ", its " + second + " killed after " + hit + k.mend(d, hit, "")
}

// undo goes back to before an operation, of which nothing is refused any more.
func (k *killer) undo(d doomed) {
	k.t.Helper()
	k.see.allow(victim)
	k.w.must(k.undoing()...)
	k.state = d.from
}

// undoing is the command that goes back, with what it asks about hooks of which nobody knows what became.
func (k *killer) undoing() []string {
	k.t.Helper()
	asked := k.w.run("app", "undo", victim, "--dry-run")
	return append([]string{"app", "undo", victim, "--yes"}, answers("--confirm", asked.out)...)
}

// resume goes on with what was interrupted. Of hooks that nobody knows about it goes on without.
func (k *killer) resume(d doomed, hit string) string {
	k.t.Helper()
	k.allowsAgain()
	args := []string{"app", "resume", victim, "--yes"}
	r := k.w.run(args...)
	if r.status == 6 && strings.Contains(r.err, "hook:Job/") {
		r = k.w.run(append(args, answers("--skip", r.err)...)...)
	}
	if d.fails && r.status == 4 {
		return ", resumed" + k.failed(d)
	}
	if r.status != 0 {
		k.t.Fatalf("a %s killed after %s: resume ended with %d\n%s%s", d.kind, hit, r.status, r.out, r.err)
	}
	k.state = d.to
	return ", resumed"
}

// answers gives every hook that a refusal asks about to a flag.
func answers(flag, refusal string) []string {
	var out []string
	for word := range strings.FieldsSeq(refusal) {
		if name, ok := strings.CutSuffix(word, ":"); ok && strings.HasPrefix(name, "hook:") {
			out = append(out, flag, name)
		}
	}
	return out
}

// onward brings the application to where the next round begins.
func (k *killer) onward(d doomed) {
	k.t.Helper()
	if d.away && k.w.run("app", "get", victim).status == 3 {
		k.w.create(victim, k.repo)
	}
	// Only what was rolled back or undone is pinned.
	k.w.run("app", "unpin", victim)
	if d.fails {
		k.see.allow(victim)
	}
	if d.away || d.fails || d.kind == "adoption" {
		k.syncs(nil)
	}
}
