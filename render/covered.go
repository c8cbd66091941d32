package render

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// covered is what the paths that count hold in a repository.
type covered struct {
	// state is the same while what they hold is; empty when it cannot be told.
	state string
	// vain are the paths that mean nothing, with the reason.
	vain map[string]string
}

// coverage finds out what a request's paths hold. As in Argo CD, a path covers the file or all that is below the folder, and a
// pattern the files whose whole path it matches: path.Match's, of which no part matches a slash.
func coverage(files fs.FS, src app.Source, paths []string) covered {
	h, ok := files.(hasher)
	if !ok || len(paths) == 0 {
		return covered{}
	}
	c := covered{vain: map[string]string{}}
	var states []string
	for _, item := range paths {
		at, inside := fromRoot(root(src), item)
		if !inside {
			c.vain[item] = "it leads out of the repository and is taken from its root"
		}
		found, why, err := stateAt(files, h, at)
		if err != nil {
			return covered{vain: c.vain}
		}
		if why != "" && inside {
			c.vain[item] = why
		}
		states = append(states, found...)
	}
	slices.Sort(states)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(states), "\n")))
	c.state = hex.EncodeToString(sum[:16])
	return c
}

// fromRoot is where an entry leads from the root of the repository, and whether that is inside of it.
func fromRoot(dir, item string) (at string, inside bool) {
	joined := path.Join(dir, item)
	if rest, absolute := strings.CutPrefix(item, "/"); absolute {
		joined = path.Clean(rest)
	}
	inside = joined != ".." && !strings.HasPrefix(joined, "../")
	if at = strings.TrimPrefix(path.Clean("/"+joined), "/"); at == "" {
		at = "."
	}
	return at, inside
}

// stateAt lists what there is of a path or pattern, each file or folder with its hash, and says why when it is nothing.
func stateAt(files fs.FS, h hasher, at string) (states []string, why string, err error) {
	there, err := exists(files, at)
	if err != nil {
		return nil, "", err
	}
	names := []string{}
	if there {
		names = append(names, at)
	}
	if strings.ContainsAny(at, `*?[\`) {
		matched, folders, err := matching(files, ".", strings.Split(at, "/"))
		if errors.Is(err, path.ErrBadPattern) {
			return nil, "it is no pattern that can be read", nil
		}
		if err != nil {
			return nil, "", err
		}
		names = append(names, matched...)
		if why = "no file matches it"; folders {
			why = "it matches folders and no file: a pattern covers files by their whole path, and nothing below a folder"
		}
	} else {
		why = "the repository has no " + at
	}
	if len(names) > 0 {
		why = ""
	}
	for _, name := range names {
		hash, ok := h.Hash(name)
		if !ok {
			return nil, "", fmt.Errorf("the hash of %s is not known", name)
		}
		states = append(states, fmt.Sprintf("%q %s", name, hash))
	}
	return states, why, nil
}

func exists(files fs.FS, name string) (bool, error) {
	_, err := fs.Stat(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// matching lists the files below a folder whose path matches a pattern, and reports whether a folder's does. What cannot be
// read is an error: it could hold a match.
func matching(files fs.FS, dir string, pattern []string) (names []string, folders bool, err error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, false, err
	}
	for _, e := range entries {
		ok, err := path.Match(pattern[0], e.Name())
		if err != nil {
			return nil, false, err
		}
		name := path.Join(dir, e.Name())
		switch {
		case !ok:
		case len(pattern) > 1 && e.IsDir():
			below, further, err := matching(files, name, pattern[1:])
			if err != nil {
				return nil, false, err
			}
			names, folders = append(names, below...), folders || further
		case len(pattern) == 1 && e.IsDir():
			folders = true
		case len(pattern) == 1:
			names = append(names, name)
		}
	}
	return names, folders, nil
}
