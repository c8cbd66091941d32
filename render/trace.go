package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// input is one thing that a rendering read, with what was there: the content of a file, the names in a folder, whether
// there was something of a name, or that there was nothing.
type input struct {
	question
	state string
	// tree is the hash of all that is below a folder: while it is the same, so are the names in the folder.
	tree string
}

// trace serves a worker's questions and remembers them: the inputs of the rendering.
type trace struct {
	req    app.RenderRequest
	seen   map[question]bool
	inputs []input
	// elsewhere are those that were brought with the repositories.
	elsewhere []string
	// pointers are the pointers of Git LFS that were served in the place of files.
	pointers []pointed
	// secrets are the values that were decrypted on the way.
	secrets []string
	// unsure says that something could not be read, or not be decrypted, that may be readable later.
	unsure bool
}

func newTrace(req app.RenderRequest) *trace {
	return &trace{req: req, seen: map[question]bool{}}
}

func (t *trace) files(ref string) fs.FS {
	if ref == "" {
		return t.req.Files
	}
	return t.req.Refs[ref]
}

func (t *trace) serve(q question) answer {
	files := t.files(q.Ref)
	if files == nil {
		return answer{Err: "no such repository"}
	}
	return t.note(files, q, serve(files, q))
}

// serveWithin is serve, and ends with the context. A read that hangs then goes on by itself until what it waits for gives up: file
// systems know no contexts.
func (t *trace) serveWithin(ctx context.Context, q question) answer {
	files := t.files(q.Ref)
	if files == nil {
		return t.serve(q)
	}
	read := make(chan answer, 1)
	go func() { read <- serve(files, q) }()
	select {
	case a := <-read:
		return t.note(files, q, a)
	case <-ctx.Done():
		t.unsure = true
		return answer{Err: ctx.Err().Error()}
	}
}

// note remembers a question and what was found.
func (t *trace) note(files fs.FS, q question, a answer) answer {
	if !t.seen[q] {
		t.seen[q] = true
		in := inputOf(files, q, a)
		t.inputs = append(t.inputs, in)
		t.notePointer(q, a)
		if from := in.elsewhere(a); from != "" {
			t.elsewhere = append(t.elsewhere, from)
		}
	}
	t.unsure = t.unsure || a.Err != "" && !a.Missing && !a.Never
	return a
}

// ask serves a question of this process, with files as they are stored, and remembers it.
func (t *trace) ask(q question) (answer, error) {
	a := t.serve(q)
	return a, a.failure(q)
}

// same reports whether an input is as it was.
func (t *trace) same(in input) bool {
	files := t.files(in.Ref)
	if files == nil {
		return false
	}
	h, hashes := files.(hasher)
	if !hashes || in.Op == opStat {
		return stateOf(serve(files, in.question)) == in.state
	}
	now, there := h.Hash(in.Name)
	switch {
	case !there:
		return in.tree == "" && stateOf(serve(files, in.question)) == in.state
	case now == in.tree:
		return true
	}
	return (in.Op == opList || in.tree == "") && stateOf(serve(files, in.question)) == in.state
}

// elsewhere names what was read that was brought with the repositories, by its name and content: it is the same while a branch
// that moved changes nothing of it. Empty is what is in the repositories themselves, or is not there.
func (in input) elsewhere(a answer) string {
	name := in.Name
	if in.Op != opRead || a.Err != "" {
		return ""
	}
	if id := baseOf(name); id != "" {
		name = strings.TrimPrefix(name, path.Join(app.BaseFolder, id))
	} else if !strings.HasPrefix(name, app.DependencyFolder+"/") && !strings.HasPrefix(name, webFolder) {
		return ""
	}
	if name == "" {
		// It says where something was brought to.
		return ""
	}
	return fmt.Sprintf("%q %s %s", name, in.tree, in.state)
}

// brought identifies all of that; empty is nothing.
func (t *trace) brought() string {
	if len(t.elsewhere) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(t.elsewhere)), "\n")))
	return hex.EncodeToString(sum[:16])
}

// roots describes the repositories, each by the hash of its root, which is empty where it is not known.
func (t *trace) roots() map[string]string {
	out := map[string]string{"": rootOf(t.req.Files)}
	for ref, files := range t.req.Refs {
		out[ref] = rootOf(files)
	}
	return out
}

func rootOf(files fs.FS) string {
	if h, ok := files.(hasher); ok {
		if hash, ok := h.Hash("."); ok {
			return hash
		}
	}
	return ""
}

// hasher is a repository that knows the hashes of its content without reading it.
type hasher interface {
	Hash(name string) (string, bool)
}

func inputOf(files fs.FS, q question, a answer) input {
	in := input{question: q}
	if h, ok := files.(hasher); ok {
		// What cannot be read because it is a folder is not all that is in the folder.
		if hash, there := h.Hash(q.Name); there && (q.Op == opList || q.Op == opRead && a.Err == "") {
			in.tree = hash
		}
	}
	if in.tree == "" || q.Op != opRead {
		in.state = stateOf(a)
	}
	return in
}

// stateOf identifies what a question found.
func stateOf(a answer) string {
	b, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
