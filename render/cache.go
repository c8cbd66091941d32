package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// cacheLimit is the number of renderings that are remembered.
const cacheLimit = 2048

// input is one thing that a rendering read, with what was there.
type input struct {
	question
	state string
}

// trace serves a worker's questions and remembers them: the inputs of the rendering.
type trace struct {
	req    app.RenderRequest
	seen   map[question]bool
	inputs []input
	// secrets are the values that were decrypted on the way.
	secrets []string
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
	if !t.seen[q] {
		t.seen[q] = true
		t.inputs = append(t.inputs, input{q, stateOf(files, q)})
	}
	return serve(files, q)
}

// ask serves a question of this process, with files as they are stored, and remembers it.
func (t *trace) ask(q question) (answer, error) {
	a := t.serve(q)
	return a, a.failure(q)
}

// hasher is a repository that knows the hashes of its content without reading it.
type hasher interface {
	Hash(name string) (string, bool)
}

// stateOf describes what a question finds: the same state gives the same answer.
func stateOf(files fs.FS, q question) string {
	if h, ok := files.(hasher); ok {
		if s, there := h.Hash(q.Name); there {
			return s
		}
		return "absent"
	}
	a := serve(files, q)
	b, err := json.Marshal(a)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// keyOf identifies a request without its commit: another commit with the same inputs renders the same.
func keyOf(req app.RenderRequest) (string, error) {
	req.Files, req.Refs, req.Fresh = nil, nil, false
	if !namesCommit(req.Source) {
		req.Commit = app.Commit{}
	}
	req.Source.TargetRevision = ""
	b, err := json.Marshal(req)
	if err != nil {
		return "", fmt.Errorf("describe request: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// namesCommit reports whether a source may put the revision into its manifests, by the build environment.
func namesCommit(src app.Source) bool {
	b, err := json.Marshal(src)
	return err != nil || strings.Contains(string(b), "ARGOCD_APP_")
}

// cache remembers renderings by request; the least recently used one leaves.
type cache struct {
	limit int
	mu    sync.Mutex
	tick  uint64
	held  map[string]*held
}

type held struct {
	inputs []input
	out    app.Rendered
	commit string
	used   uint64
}

// serves reports whether a remembered rendering may serve a request of its key. A plugin sees the commit, and perhaps
// more than the request.
func (h *held) serves(req app.RenderRequest) bool {
	return h.out.Tool != app.ToolPlugin || h.commit == req.Commit.ID && !req.Fresh
}

func newCache(limit int) *cache { return &cache{limit: limit, held: map[string]*held{}} }

// get returns a copy of a remembered rendering if all of its inputs are as they were.
func (c *cache) get(key string, req app.RenderRequest) (app.Rendered, bool) {
	c.mu.Lock()
	h, ok := c.held[key]
	if ok {
		c.tick++
		h.used = c.tick
	}
	c.mu.Unlock()
	if !ok || !h.serves(req) {
		return app.Rendered{}, false
	}
	t := newTrace(req)
	for _, in := range h.inputs {
		files := t.files(in.Ref)
		if files == nil || stateOf(files, in.question) != in.state {
			return app.Rendered{}, false
		}
	}
	return copied(h.out), true
}

func (c *cache) put(key string, req app.RenderRequest, inputs []input, out app.Rendered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick++
	c.held[key] = &held{inputs: inputs, out: copied(out), commit: req.Commit.ID, used: c.tick}
	if len(c.held) <= c.limit {
		return
	}
	oldest := ""
	for k, h := range c.held {
		if oldest == "" || h.used < c.held[oldest].used {
			oldest = k
		}
	}
	delete(c.held, oldest)
}

// copied returns a rendering that its caller may change.
func copied(r app.Rendered) app.Rendered {
	objects := r.Objects
	r.Objects = nil
	for _, u := range objects {
		r.Objects = append(r.Objects, u.DeepCopy())
	}
	return r
}
