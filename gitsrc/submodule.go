package gitsrc

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// mostNested bounds submodules within submodules.
const mostNested = 5

// modules are the submodules of one checkout. They are fetched when a path leads into them: one that no application reads
// costs nothing, and does no harm when it cannot be reached.
type modules struct {
	// url is that of the repository, level how many submodules the checkout itself is in.
	url   string
	level int
	// bring returns the files of another repository at a commit.
	bring func(url, commit string) (*treeFS, error)

	mu     sync.Mutex
	opened map[string]module
}

// module is a submodule, or why it could not be opened, which is remembered for a moment.
type module struct {
	files *treeFS
	err   error
	at    time.Time
}

// open returns the files of the submodule at a path.
func (m *modules) open(t *treeFS, at string, commit plumbing.Hash) (*treeFS, error) {
	m.mu.Lock()
	known, ok := m.opened[at]
	m.mu.Unlock()
	if ok && (known.err == nil || time.Since(known.at) < failurePause) {
		return known.files, known.err
	}
	files, err := m.fetch(t, at, commit)
	if err != nil {
		err = fmt.Errorf("submodule %s: %w", at, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.opened[at] = module{files, err, time.Now()}
	return files, err
}

func (m *modules) fetch(t *treeFS, at string, commit plumbing.Hash) (*treeFS, error) {
	if m.level >= mostNested {
		return nil, fmt.Errorf("there are more than %d submodules in one another", mostNested)
	}
	where, err := m.where(t, at)
	if err != nil {
		return nil, err
	}
	return m.bring(where, commit.String())
}

// where returns the URL of the submodule at a path.
func (m *modules) where(t *treeFS, at string) (string, error) {
	text, err := t.ReadFile(".gitmodules")
	if err != nil {
		return "", hint.With(fmt.Errorf("it has no URL: %w", err), "add the submodule with git submodule add")
	}
	list := config.NewModules()
	if err := list.Unmarshal(text); err != nil {
		return "", hint.With(errors.New(".gitmodules cannot be read"), "mend the file")
	}
	for _, s := range list.Submodules {
		if path.Clean(s.Path) == at {
			return submoduleURL(m.url, s.URL)
		}
	}
	return "", hint.With(errors.New("it has no URL in .gitmodules"), "add the submodule with git submodule add")
}

// submoduleURL resolves a submodule's URL, which may be relative to that of the repository. What is not in the net is
// refused, unless the repository itself is not: a repository does not choose files of this machine.
func submoduleURL(parent, raw string) (string, error) {
	if strings.HasPrefix(raw, "./") || strings.HasPrefix(raw, "../") {
		return relativeURL(parent, raw)
	}
	if isWeb(raw) || isSSH(raw) || strings.HasPrefix(raw, "file://") && strings.HasPrefix(parent, "file://") {
		return raw, nil
	}
	return "", hint.With(fmt.Errorf("its URL %q is neither https nor ssh", clean(raw)), "change .gitmodules")
}

func relativeURL(parent, raw string) (string, error) {
	prefix, folder := "", parent
	if scheme, rest, ok := strings.Cut(parent, "://"); ok {
		host, below, _ := strings.Cut(rest, "/")
		prefix, folder = scheme+"://"+host, "/"+below
	} else if host, rest, ok := strings.Cut(parent, ":"); ok {
		prefix, folder = host+":", rest
	}
	rooted := strings.HasPrefix(folder, "/")
	joined := path.Join(strings.Trim(folder, "/"), raw)
	if joined == "." || joined == ".." || strings.HasPrefix(joined, "../") {
		return "", hint.With(fmt.Errorf("its URL %q leads out of %s", raw, clean(parent)), "change .gitmodules")
	}
	if rooted {
		joined = "/" + joined
	}
	return prefix + joined, nil
}
