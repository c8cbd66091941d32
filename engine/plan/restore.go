package plan

import (
	"fmt"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// CommitOptions ask a rollback to make git say what it goes back to.
type CommitOptions struct {
	// Branch is the branch to commit to, empty the followed one; a new one is made from that.
	Branch string `json:"branch,omitempty"`
	// Message is the commit's, empty one that says what is restored.
	Message string `json:"message,omitempty"`
	// Author is "Name <mail>", empty whoever asks.
	Author string `json:"author,omitempty"`
}

// Restore is one commit of a rollback: paths of a repository as they were at the commits of the record.
type Restore struct {
	Source app.Source `json:"source"`
	Draft  app.Draft  `json:"draft"`
	// Paths are the restored paths with the commits that they are restored from.
	Paths map[string]string `json:"paths"`
	// Wish is what the draft was made of, for making it again where the branch has moved on.
	Wish app.NewCommit `json:"-"`
	// Serves are the indexes of the application's sources that the branch serves.
	Serves []int `json:"-"`
}

// Where names branch and repository.
func (r *Restore) Where() string { return r.Draft.Branch + " of " + app.ShownURL(r.Source.RepoURL) }

// Sum says in a few words what the commit changes: "2 files, +3 -1".
func (r *Restore) Sum() string {
	added, removed := 0, 0
	for _, f := range r.Draft.Files {
		added, removed = added+f.Added, removed+f.Removed
	}
	files := "1 file"
	if n := len(r.Draft.Files); n != 1 {
		files = fmt.Sprintf("%d files", n)
	}
	return fmt.Sprintf("%s, +%d -%d", files, added, removed)
}

// differsGuard names the guard of commits from which something else is rendered than the record has.
func differsGuard(key app.Key) string { return "commit:" + key.String() }

// AddRestores adds the commits of a rollback to its plan, with the objects that would differ from the record's if git said
// what they say: then it is guarded, and the application stays pinned, as it does where a commit is not on the followed
// branch.
func AddRestores(p *Plan, restores []Restore, differs []string) {
	p.Restores = restores
	var branches []string
	pushes := false
	for i := range restores {
		r := &restores[i]
		pushes = pushes || !r.Draft.Empty()
		if !r.Draft.Followed {
			branches = append(branches, r.Draft.Branch)
		}
		if r.Draft.Empty() {
			p.Notes = append(p.Notes, fmt.Sprintf("nothing to commit to %s: it has this already", r.Where()))
			continue
		}
		p.Notes = append(p.Notes, fmt.Sprintf("commits to %s: %s", r.Where(), r.Sum()))
	}
	switch {
	case len(differs) > 0:
		p.Guards = append(p.Guards, Guard{
			Name: differsGuard(p.App),
			Message: "git would still not ask for what " + p.Record + " has, because not all that it was made of is in the restored paths: " +
				Listed(differs),
		})
		p.Notes = append(p.Notes, "the application stays pinned: git would ask for something else")
	case len(branches) > 0:
		p.Notes = append(p.Notes, "the application stays pinned: it does not follow "+strings.Join(branches, ", "))
	case pushes:
		p.Unpins = true
		p.Notes = append(p.Notes, "once that is pushed the application follows git, and is not pinned")
	default:
		p.Unpins = true
		p.Notes = append(p.Notes, "git says the same, so the application follows git, and is not pinned")
	}
}

// mostListed bounds how many objects a sentence names.
const mostListed = 8

// Listed joins names for a sentence, which tells how many more there are than it names.
func Listed(names []string) string {
	if len(names) <= mostListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), len(names)-mostListed)
}

// Accepted reports whether the plan commits although git would then ask for something else.
func (p *Plan) Accepted() bool {
	for _, g := range p.Guards {
		if g.Name == differsGuard(p.App) {
			return true
		}
	}
	return false
}

// Stat writes what the commit does to a file, as in "changed web/values.yaml +1 -1".
func Stat(f app.FileChange) string {
	if !f.Counted {
		return f.Act + " " + f.Path
	}
	return fmt.Sprintf("%s %s +%d -%d", f.Act, f.Path, f.Added, f.Removed)
}
