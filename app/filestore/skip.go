package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// SkipHook asks the holder of an application's lock to go on without the end of a hook; a request that nobody holds the lock for has
// no effect.
func (s *Store) SkipHook(ctx context.Context, key app.Key, skip app.HookSkip) error {
	name, err := nameOf(key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := os.OpenFile(skips(s.state.path("locks", name+".lock")), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		err = errors.Join(appendLine(f, skip), f.Close())
	}
	if err != nil {
		return fmt.Errorf("ask to skip hook %s of %s: %w", skip.Hook, name, err)
	}
	return nil
}

// skips is the file beside a lock in which its holder is asked to skip hooks, a line for each.
func skips(path string) string { return path + ".skips" }

// Skips returns what the holder of the lock is asked to skip.
func (l *lock) Skips() ([]app.HookSkip, error) {
	b, err := os.ReadFile(skips(l.path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []app.HookSkip
	for line := range bytes.Lines(b) {
		var skip app.HookSkip
		if json.Unmarshal(line, &skip) == nil {
			out = append(out, skip)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read which hooks are to be skipped: %w", err)
	}
	return out, nil
}
