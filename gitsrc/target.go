package gitsrc

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// branchOf returns the branch that a commit is to go to. What names a tag or a commit is refused: a branch of that name
// would be taken for it from then on.
func branchOf(repo *git.Repository, name string) (plumbing.ReferenceName, error) {
	const remedy = "name a branch to commit to"
	name = strings.TrimPrefix(name, "refs/heads/")
	branch := plumbing.NewBranchReferenceName(name)
	if branch.Validate() != nil {
		return "", hint.With(fmt.Errorf("commit to %s: no branch can have this name", name), remedy)
	}
	if plumbing.IsHash(name) || strings.HasPrefix(name, "refs/") {
		return "", hint.With(fmt.Errorf("commit to %s: it is no branch", name), remedy)
	}
	if _, err := repo.Reference(plumbing.NewTagReferenceName(name), false); err == nil {
		return "", hint.With(fmt.Errorf("commit to %s: it is a tag, which cannot be committed to", name), remedy)
	}
	return branch, nil
}

// checkNames refuses paths that lead out of the repository, or into what git keeps for itself. Only what is restored may be
// the whole repository.
func checkNames(c app.NewCommit) error {
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if !ours(name) || name == "." {
			return hint.With(fmt.Errorf("commit %q: it is no file of the repository", name), "name the file from the repository's root")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Restore)) {
		if !ours(name) {
			return hint.With(fmt.Errorf("restore %q: it is no path of the repository", name), "name the path from the repository's root")
		}
	}
	return nil
}

func ours(name string) bool {
	own := slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.EqualFold(part, ".git") })
	return fs.ValidPath(name) && !own
}
