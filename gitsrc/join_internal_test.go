package gitsrc

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func runIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// manyPacks makes a repository with as many packs, in which one object is twice and some are differences of others. It returns
// the folder of the repository.
func manyPacks(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	runIn(t, dir, "init", "--quiet")
	random := make([]byte, 20_000)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for name, text := range map[string][]byte{"one": append(random, byte(i)), "two": append(random, byte(i), 1), strconv.Itoa(i): random[i:]} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		runIn(t, dir, "add", "--all")
		runIn(t, dir, "commit", "--quiet", "--message", strconv.Itoa(i))
		runIn(t, dir, "repack", "--quiet", "-d")
	}
	// A pack of its own with what another has.
	twice := exec.CommandContext(t.Context(), "git", "pack-objects", "--quiet", ".git/objects/pack/pack")
	twice.Dir, twice.Stdin = dir, strings.NewReader(runIn(t, dir, "rev-parse", "HEAD"))
	if out, err := twice.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func jointOf(dir string) joint {
	return joint{folder: filepath.Join(dir, ".git", "objects", "pack"), between: func() {}}
}

func everything(t *testing.T, dir string) string {
	t.Helper()
	runIn(t, dir, "fsck", "--full", "--strict")
	return runIn(t, dir, "cat-file", "--batch-all-objects", "--batch")
}

func TestJoinedPacksHoldWhatTheyWereMadeOf(t *testing.T) {
	t.Parallel()
	dir := manyPacks(t, 9)
	before, j := everything(t, dir), jointOf(dir)
	packs, err := j.packs()
	if err != nil || len(packs) != 10 {
		t.Fatalf("there are %d packs, want 10 (%v)", len(packs), err)
	}
	if err := j.join(t.Context(), packs); err != nil {
		t.Fatal(err)
	}
	if names := jointFiles(t, j); len(names) != 2 {
		t.Errorf("there are %v", names)
	}
	if everything(t, dir) != before {
		t.Error("the objects are others now")
	}
}

func jointFiles(t *testing.T, j joint) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(j.folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestJoinUntilKilled is no test of its own: it is the process that TestAJoinThatIsKilledLosesNothing kills.
func TestJoinUntilKilled(t *testing.T) {
	dir, step, ok := strings.Cut(os.Getenv("WHEELHOUSE_TEST_JOIN"), "|")
	if !ok {
		return
	}
	left, err := strconv.Atoi(step)
	if err != nil {
		t.Fatal(err)
	}
	j := jointOf(dir)
	j.between = func() {
		if left--; left < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	packs, err := j.packs()
	if err != nil {
		t.Fatal(err)
	}
	if err := j.join(t.Context(), packs); err != nil {
		t.Fatal(err)
	}
}

func TestAJoinThatIsKilledLosesNothing(t *testing.T) {
	t.Parallel()
	for name, marked := range map[string]bool{"a whole store": false, "a partial one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, files := manyPacks(t, 3), 2
			if marked {
				mark(t, jointOf(made))
				files = 3
			}
			killedAtEachStep(t, made, files)
		})
	}
}

// mark marks all packs as those of a partial clone.
func mark(t *testing.T, j joint) {
	t.Helper()
	for _, name := range jointFiles(t, j) {
		if base, ok := strings.CutSuffix(name, ".pack"); ok {
			if err := os.WriteFile(base+promisorEnd, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// killedAtEachStep joins the packs of copies, each killed a step later; the next join leaves so many files.
func killedAtEachStep(t *testing.T, made string, files int) {
	t.Helper()
	before := everything(t, made)
	ended := false
	for step := 0; !ended; step++ {
		if step > 100 {
			t.Fatal("it never comes to its end")
		}
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJoinUntilKilled$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("WHEELHOUSE_TEST_JOIN=%s|%d", dir, step))
		out, err := cmd.CombinedOutput()
		killed, ok := errors.AsType[*exec.ExitError](err)
		if ended = err == nil; !ended && (!ok || killed.Exited()) {
			t.Fatalf("step %d: %v\n%s", step, err, out)
		}
		if everything(t, dir) != before {
			t.Errorf("after the kill at step %d the objects are others", step)
		}
		j := jointOf(dir)
		packs, err := j.packs()
		if err := errors.Join(err, j.clear()); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		if err := j.join(t.Context(), packs); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		if names := jointFiles(t, j); len(names) != files || everything(t, dir) != before {
			t.Errorf("after step %d the next one leaves %v", step, names)
		}
	}
}

func TestPacksOfAPartialCloneKeepTheirMark(t *testing.T) {
	t.Parallel()
	dir := manyPacks(t, 4)
	before, j := everything(t, dir), jointOf(dir)
	mark(t, j)
	// A mark whose pack has gone is what a killed process leaves.
	if err := os.WriteFile(filepath.Join(j.folder, "pack-0"+promisorEnd), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	packs, err := j.packs()
	if err := errors.Join(err, j.clear()); err != nil || len(packs) != 5 || !packs[0].promised {
		t.Fatalf("there are %+v (%v)", packs, err)
	}
	if err := j.join(t.Context(), packs); err != nil {
		t.Fatal(err)
	}
	names := jointFiles(t, j)
	if len(names) != 3 || !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, promisorEnd) }) {
		t.Errorf("there are %v, want a pack, its index and its mark", names)
	}
	if everything(t, dir) != before {
		t.Error("the objects are others now")
	}
}

func TestADamagedPackIsNotJoined(t *testing.T) {
	t.Parallel()
	dir := manyPacks(t, 2)
	j := jointOf(dir)
	packs, err := j.packs()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(packs[0].base + ".pack")
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := errors.Join(os.Remove(packs[0].base+".pack"), os.WriteFile(packs[0].base+".pack", b, 0o600)); err != nil {
		t.Fatal(err)
	}
	names := jointFiles(t, j)
	if err := j.join(t.Context(), packs); !errors.Is(err, errDamaged) {
		t.Errorf("it says %v", err)
	}
	if got := jointFiles(t, j); len(got) != len(names) {
		t.Errorf("there are %v, want %v", got, names)
	}
}

func TestWhichPacksAreJoined(t *testing.T) {
	t.Parallel()
	of := func(sizes ...int64) []pack {
		out := make([]pack, len(sizes))
		for i, s := range sizes {
			out[i] = pack{size: s, objects: 1}
		}
		return out
	}
	heavy := of(10, 10, 10, 10)
	heavy[3].objects, heavy[3].size = mostJoined, 11
	for name, tt := range map[string]struct {
		packs []pack
		want  int
	}{
		"small ones beside a large one":      {of(1000, 1, 2, 3, 1), 4},
		"all of about the same size":         {of(5, 5, 5, 5), 4},
		"a large one that is outweighed":     {of(9, 3, 1, 2), 4},
		"none where each outweighs the ones": {of(1, 4, 16, 64), 0},
		"not more objects than the limit":    {heavy, 3},
		"nothing of nothing":                 {nil, 0},
	} {
		if got := choose(tt.packs); len(got) != tt.want {
			t.Errorf("%s: %d are joined, want %d", name, len(got), tt.want)
		}
	}
}

// TestLongOffsets writes an index of a pack that is larger than the short form of an offset, which git then reads.
func TestLongOffsets(t *testing.T) {
	t.Parallel()
	x := &packIndex{entries: []packEntry{
		{hash: [20]byte{2}, offset: 5 << 30, check: 7}, {hash: [20]byte{1}, offset: 12, check: 8}, {hash: [20]byte{0xff}, offset: largeOffset, check: 9},
	}}
	name := filepath.Join(t.TempDir(), "pack.idx")
	if err := x.write(name); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	show := exec.CommandContext(t.Context(), "git", "show-index")
	show.Stdin = bytes.NewReader(b)
	out, err := show.CombinedOutput()
	want := fmt.Sprintf("12 01%038d (00000008)\n%d 02%038d (00000007)\n%d ff%038d (00000009)\n", 0, 5<<30, 0, largeOffset, 0)
	if err != nil || string(out) != want {
		t.Errorf("git reads (%v)\n%s\nwant\n%s", err, out, want)
	}
	if n := binary.BigEndian.Uint32(b[8+255*4:]); n != 3 {
		t.Errorf("it counts %d", n)
	}
}
