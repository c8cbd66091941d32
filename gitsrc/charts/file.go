package charts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// fileLimit bounds a file of the web.
const fileLimit = 10 << 20

// File returns a file of the web, as it was at most maxAge ago, entered with the login for its URL. One that has not changed is
// not transferred again. Nothing is known of what it holds.
func (s *Store) File(ctx context.Context, raw string, maxAge time.Duration) ([]byte, error) {
	question := "read " + clean(raw)
	if _, query, ok := strings.Cut(raw, "?"); ok {
		// The query may hold a secret, and belongs to the URL all the same.
		question += "?" + sumOf([]byte(query))[:8]
	}
	return ask(ctx, &s.known, question, maxAge, func(ctx context.Context) ([]byte, error) { return s.readFile(ctx, raw) })
}

// readFile asks the server for a file, or whether the one that is kept still holds.
func (s *Store) readFile(ctx context.Context, raw string) ([]byte, error) {
	const act, kind = "read", "file"
	u, login, err := s.enter(ctx, artifact{repo: raw, login: raw})
	if err != nil {
		return nil, err
	}
	// What one login may see is not told to another one.
	of := sumOf([]byte(raw + " " + login.Username))
	kept, before, _ := s.disk.noted(kind, of)
	p, err := get(ctx, request{url: u, login: login, before: before, limit: fileLimit})
	switch {
	case errors.Is(err, ErrLimit):
		return nil, hint.With(fmt.Errorf("%s %s: it is larger than %s", act, clean(raw), size(fileLimit)), "part the file")
	case err != nil:
		return nil, explain(act, raw, err)
	case p.status == http.StatusNotModified:
		return kept, nil
	case p.status != http.StatusOK:
		return nil, refusedBy(act, raw, login, p, "there is no such file")
	}
	if err := s.disk.keepNoted(kind, p.body, note{ETag: p.etag, Modified: p.modified, Of: of}); err != nil {
		s.opts.Log.Warn("file is not kept", "url", clean(raw), "error", err)
	}
	return p.body, nil
}
