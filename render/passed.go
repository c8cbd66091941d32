package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// An application may name the paths of its repository that it is rendered anew for. While they hold the same, what was rendered
// before is rendered, which mostly is remembered, and what else has changed is passed over, and told.

// renderBefore renders what a request had before, and reports whether that serves: nothing differs in the paths that count, and
// something does elsewhere.
func (p *Pool) renderBefore(ctx context.Context, req app.RenderRequest, c covered) (app.Rendered, bool) {
	if req.Before == nil || c.state == "" || coverage(req.Before.Files, req.Source, req.Paths).state != c.state {
		return app.Rendered{}, false
	}
	before := req
	before.Files, before.Commit = req.Before.Files, req.Before.Commit
	made, h, err := p.renderOne(ctx, before)
	if err != nil || h == nil || made.err != nil {
		return app.Rendered{}, false
	}
	differs, passed := p.cache.lookAhead(h, req)
	if !differs {
		return app.Rendered{}, false
	}
	out := made.out
	out.Kept, out.Passed = true, passed
	return covering(out, c, h), true
}

// covering adds what is known about the paths that count to a rendering.
func covering(out app.Rendered, c covered, h *held) app.Rendered {
	out.Vain = c.vain
	if c.state != "" && h != nil {
		out.Read = c.state + h.read()
	}
	return out
}

// ahead is what differs for a rendering at another state of its repository.
type ahead struct {
	root    string
	commit  string
	differs bool
	passed  []string
}

// lookAhead finds out whether a rendering would be made anew for a request, and for which of the repository's names. The answer is
// remembered, for it is asked at every poll.
func (c *cache) lookAhead(h *held, req app.RenderRequest) (bool, []string) {
	now := &ahead{root: rootOf(req.Files), commit: req.Commit.ID}
	c.mu.Lock()
	known := h.ahead
	c.mu.Unlock()
	if known != nil && now.root != "" && known.root == now.root && known.commit == now.commit {
		return known.differs, known.passed
	}
	t := newTrace(req)
	for _, in := range h.inputs {
		if in.Ref != "" || t.same(in) {
			continue
		}
		if now.differs = true; !brought(in.Name) {
			now.passed = append(now.passed, in.Name)
		}
	}
	slices.Sort(now.passed)
	now.passed = slices.Compact(now.passed)
	now.differs = now.differs || h.used.Commit && h.commit != req.Commit.ID
	c.mu.Lock()
	h.ahead = now
	c.mu.Unlock()
	return now.differs, now.passed
}

// brought reports whether a name is of what was brought with a repository from elsewhere.
func brought(name string) bool {
	return strings.HasPrefix(name, app.BaseFolder+"/") || strings.HasPrefix(name, app.DependencyFolder+"/")
}

// readBy identifies what a rendering read of its repositories; what was brought with them is told apart, see trace.brought.
func readBy(inputs []input, u used, commit string) string {
	lines := make([]string, 0, len(inputs)+1)
	for _, in := range inputs {
		if brought(in.Name) {
			continue
		}
		content := in.state
		if in.Op == opRead && in.tree != "" {
			content = in.tree
		}
		lines = append(lines, fmt.Sprintf("%q %q %s %s", in.Ref, in.Name, in.Op, content))
	}
	slices.Sort(lines)
	if u.Commit {
		lines = append(lines, commit)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}
