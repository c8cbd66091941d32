package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// cacheLimit is the number of renderings that are remembered.
const cacheLimit = 8192

// keyOf identifies a request without what a rendering need not depend on: another commit with the same inputs renders the
// same, and so does another cluster where no template asks.
func keyOf(req app.RenderRequest) (string, error) {
	req.Files, req.Refs, req.Fresh, req.Have, req.Paths, req.Before = nil, nil, false, "", nil, nil
	req.Commit, req.Capabilities, req.Source.TargetRevision = app.Commit{}, app.Capabilities{}, ""
	b, err := json.Marshal(req)
	if err != nil {
		return "", fmt.Errorf("describe request: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// cache remembers renderings by request; the least recently used one leaves. Failures are remembered too: a commit that
// cannot be rendered is not rendered at every poll.
type cache struct {
	limit int
	mu    sync.Mutex
	tick  uint64
	held  map[string]*held
}

// outcome is what a rendering came to.
type outcome struct {
	out app.Rendered
	err error
}

// held is one rendering: all that it was made of, and what it came to.
type held struct {
	inputs []input
	used   used
	// commit, revision, version and apis are what was asked for, for a rendering that used them.
	commit, revision, version, apis string
	// roots are the repositories whose inputs were last seen to be the same, by the state of their root.
	roots map[string]string
	outcome
	// read identifies the inputs; it is found out when somebody asks.
	read func() string
	// ahead is what differs in another state of the repository that was last asked about.
	ahead *ahead
	// until is when the outcome must be made again in any case; zero is never.
	until time.Time
	tick  uint64
}

func newHeld(req app.RenderRequest, t *trace, u used) *held {
	// What is remembered holds no repository open.
	inputs, commit := t.inputs, req.Commit.ID
	return &held{
		inputs: inputs, used: u, roots: t.roots(), read: sync.OnceValue(func() string { return readBy(inputs, u, commit) }),
		commit: req.Commit.ID, revision: req.Source.TargetRevision, version: req.Capabilities.KubeVersion, apis: versions(req),
	}
}

func versions(req app.RenderRequest) string { return strings.Join(req.Capabilities.APIVersions, "\n") }

// serves reports whether a remembered rendering may serve a request of its key, as far as it did not read files. A plugin
// depends on more than can be known here, and a failure may have been mended elsewhere: who asks for it gets them anew.
func (h *held) serves(req app.RenderRequest, now time.Time) bool {
	switch {
	case req.Fresh && (h.err != nil || h.out.Tool == app.ToolPlugin):
	case !h.until.IsZero() && now.After(h.until):
	case h.used.Commit && h.commit != req.Commit.ID:
	case h.used.Revision && h.revision != req.Source.TargetRevision:
	case h.used.KubeVersion && h.version != req.Capabilities.KubeVersion:
	case h.used.APIVersions && h.apis != versions(req):
	default:
		return true
	}
	return false
}

func newCache(limit int) *cache { return &cache{limit: limit, held: map[string]*held{}} }

// get returns a copy of a remembered outcome if all of its inputs are as they were; without its objects when the caller has
// them. What it is a copy of comes with it.
func (c *cache) get(key string, req app.RenderRequest, now time.Time) (outcome, *held, bool) {
	c.mu.Lock()
	h, ok := c.held[key]
	var roots map[string]string
	if ok {
		c.tick++
		h.tick = c.tick
		roots = h.roots
	}
	c.mu.Unlock()
	if !ok || !h.serves(req, now) {
		return outcome{}, nil, false
	}
	t := newTrace(req)
	if !sameRoots(roots, t.roots()) {
		for _, in := range h.inputs {
			if !t.same(in) {
				return outcome{}, nil, false
			}
		}
		c.mu.Lock()
		h.roots = t.roots()
		c.mu.Unlock()
	}
	if out := h.out; h.err == nil && out.ID == req.Have {
		out.Objects = nil
		return outcome{out: out}, h, true
	}
	return outcome{copied(h.out), h.err}, h, true
}

// sameRoots reports whether repositories are the very same. One whose state is not known never is.
func sameRoots(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for ref, state := range a {
		if state == "" || b[ref] != state {
			return false
		}
	}
	return true
}

func (c *cache) put(key string, h *held) {
	h.out = copied(h.out)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick++
	h.tick = c.tick
	c.held[key] = h
	if len(c.held) <= c.limit {
		return
	}
	oldest := ""
	for k, h := range c.held {
		if oldest == "" || h.tick < c.held[oldest].tick {
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
