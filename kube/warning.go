package kube

import (
	"context"
	"slices"
	"sync"
)

// warnings hands the server's warning headers to whoever made the request: they travel in its context.
type warnings struct{}

type warningsKey struct{}

// collector gathers the warnings of one request.
type collector struct {
	mu    sync.Mutex
	texts []string
}

// collecting returns a context whose requests leave their warnings in the collector.
func collecting(ctx context.Context) (context.Context, *collector) {
	c := &collector{}
	return context.WithValue(ctx, warningsKey{}, c), c
}

// HandleWarningHeaderWithContext keeps a warning; one that nobody collects is dropped.
func (warnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _ string, text string) {
	c, ok := ctx.Value(warningsKey{}).(*collector)
	if !ok || code != 299 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.texts, text) {
		c.texts = append(c.texts, text)
	}
}

func (c *collector) list() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.texts)
}
