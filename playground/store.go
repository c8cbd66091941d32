package playground

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// writeStore writes the sample applications into the store on the first start; later the store is the user's.
func (p *Playground) writeStore() error {
	store := p.file("store")
	if _, err := os.Stat(store); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look for the store: %w", err)
	}
	if err := os.MkdirAll(store, 0o755); err != nil {
		return fmt.Errorf("make the store: %w", err)
	}
	entries, err := samples.ReadDir("samples/applications")
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	for _, e := range entries {
		b, err := samples.ReadFile(path.Join("samples/applications", e.Name()))
		if err != nil {
			return fmt.Errorf("read samples: %w", err)
		}
		text := strings.ReplaceAll(string(b), "PLAYGROUND_GIT_URL", p.GitURL())
		if err := os.WriteFile(filepath.Join(store, e.Name()), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write sample application: %w", err)
		}
	}
	return nil
}
