package gitsrc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// errRevision says that a repository has no such branch, tag or commit.
var errRevision = errors.New("no such revision")

// match finds the commit of a revision among listed references: HEAD, a full reference, a branch, a tag, or a range of
// versions over the tags. An annotated tag stands for its commit.
func match(l listing, rev, tagPrefix string) (string, error) {
	if rev == "HEAD" {
		return head(l)
	}
	for _, name := range []string{rev, "refs/heads/" + rev, "refs/tags/" + rev} {
		if id, ok := l.refs[name+"^{}"]; ok {
			return id, nil
		}
		if id, ok := l.refs[name]; ok && strings.HasPrefix(name, "refs/") {
			return id, nil
		}
	}
	if id, ok := highest(l, rev, tagPrefix); ok {
		return id, nil
	}
	return "", hint.With(fmt.Errorf("revision %q: %w: %w", rev, errRevision, app.ErrNotFound), "the repository has: "+offers(l))
}

func head(l listing) (string, error) {
	if id, ok := l.refs["HEAD"]; ok {
		return id, nil
	}
	if id, ok := l.refs[l.head]; ok {
		return id, nil
	}
	return "", hint.With(fmt.Errorf("revision HEAD: %w: %w: the repository is empty", errRevision, app.ErrNotFound), "push a commit first")
}

// highest returns the commit of the highest tag that a range of versions allows, such as 1.2.* or >=1.2.0 <2.0.0.
func highest(l listing, rev, prefix string) (string, bool) {
	want, err := semver.NewConstraint(strings.TrimPrefix(rev, prefix))
	if err != nil {
		return "", false
	}
	var best *semver.Version
	id := ""
	for name, hash := range l.refs {
		tag, ok := strings.CutPrefix(name, "refs/tags/"+prefix)
		if !ok || strings.HasSuffix(tag, "^{}") {
			continue
		}
		v, err := semver.NewVersion(tag)
		if err != nil || !want.Check(v) || best != nil && !v.GreaterThan(best) {
			continue
		}
		best, id = v, hash
		if peeled, ok := l.refs[name+"^{}"]; ok {
			id = peeled
		}
	}
	return id, best != nil
}

// offers names some branches and tags for a user who mistyped one.
func offers(l listing) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(l.refs)) {
		for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
			if s, ok := strings.CutPrefix(name, prefix); ok && !strings.HasSuffix(s, "^{}") {
				names = append(names, s)
			}
		}
	}
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
