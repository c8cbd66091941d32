package engine

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A rollback needs no git, and git goes on saying what it said. On demand it also makes the commits that restore the
// application's paths as they were at the record's commits. They are drafted with the plan, so that what would be rendered
// from them is compared with the record before anything is done, and pushed when the rollback has succeeded.

// addRestores drafts the commits of a rollback and adds them to its plan.
func (e *Engine) addRestores(ctx context.Context, p app.Principal, a app.Application, g goal, pl *plan.Plan) error {
	restores, err := restoresOf(a.Spec.AllSources(), g.record)
	if err != nil {
		return fmt.Errorf("restore %s in git: %w", a.Key(), err)
	}
	for i := range restores {
		if err := e.draft(ctx, p, a.Key(), g.record, *pl.Options.Commit, &restores[i]); err != nil {
			return fmt.Errorf("restore %s in git: %w", a.Key(), err)
		}
	}
	differs, err := e.differing(ctx, a, restores, &g)
	if err != nil {
		return hint.With(fmt.Errorf("restore %s in git: render the restored paths: %w", a.Key(), err),
			"roll back without the commit, and look at what "+g.record.ID+" was made of")
	}
	plan.AddRestores(pl, restores, differs)
	return nil
}

// restoresOf finds what to restore: of every git source that the record names too its path, and the files that others take
// from it by $ref; one commit for each branch of a repository.
func restoresOf(sources []app.Source, r app.Record) ([]plan.Restore, error) {
	var out []plan.Restore
	for i, src := range sources {
		old, known := recorded(src, i, r)
		if !known || !src.InGit() {
			continue
		}
		var paths []string
		if !src.OnlyRef() {
			paths = append(paths, repositoryPath(src.Path))
		}
		paths = append(paths, takenFrom(src.Ref, append(slices.Clone(r.Sources), sources...))...)
		if len(paths) == 0 {
			continue
		}
		at := slices.IndexFunc(out, func(r plan.Restore) bool {
			return r.Source.RepoURL == src.RepoURL && r.Source.TargetRevision == src.TargetRevision
		})
		if at < 0 {
			at = len(out)
			out = append(out, plan.Restore{Source: src, Paths: map[string]string{}})
		}
		for _, p := range paths {
			out[at].Paths[p] = old
		}
	}
	for i := range out {
		for j, src := range sources {
			if src.RepoURL == out[i].Source.RepoURL && src.TargetRevision == out[i].Source.TargetRevision {
				out[i].Serves = append(out[i].Serves, j)
			}
		}
	}
	if len(out) == 0 {
		return nil, hint.With(fmt.Errorf("%s names no commit of a git repository that the application still uses", r.ID),
			"roll back without the commit")
	}
	return out, nil
}

// recorded returns the commit that a record has of a source.
func recorded(src app.Source, i int, r app.Record) (string, bool) {
	same := func(j int) bool {
		if j >= len(r.Sources) || j >= len(r.Commits) {
			return false
		}
		s := r.Sources[j]
		return s.RepoURL == src.RepoURL && s.Chart == src.Chart && s.Ref == src.Ref && repositoryPath(s.Path) == repositoryPath(src.Path)
	}
	if same(i) {
		return r.Commits[i].ID, true
	}
	for j := range r.Sources {
		if same(j) {
			return r.Commits[j].ID, true
		}
	}
	return "", false
}

// repositoryPath is a source's path as git names it.
func repositoryPath(p string) string { return path.Clean(strings.TrimPrefix(path.Clean("/"+p), "/")) }

// takenFrom lists the files that sources take from the source with a ref name. A pattern names no file of its own.
func takenFrom(ref string, sources []app.Source) []string {
	if ref == "" {
		return nil
	}
	var out []string
	take := func(file string) {
		rest, ok := strings.CutPrefix(file, "$"+ref+"/")
		if p := repositoryPath(rest); ok && p != "." && !strings.ContainsAny(p, "*?[{$") && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, s := range sources {
		if s.Helm == nil {
			continue
		}
		for _, f := range s.Helm.ValueFiles {
			take(f)
		}
		for _, f := range s.Helm.FileParameters {
			take(f.Path)
		}
	}
	return out
}

// draft makes one commit of a rollback without pushing it.
func (e *Engine) draft(ctx context.Context, p app.Principal, key app.Key, r app.Record, o plan.CommitOptions, to *plan.Restore) error {
	base, err := e.ports.Fetcher.Resolve(ctx, to.Source, 0)
	if err != nil {
		return hint.With(fmt.Errorf("resolve %s of %s: %w", to.Source.Revision(), app.ShownURL(to.Source.RepoURL), err),
			"roll back without the commit, and make it afterwards: wheelhouse app rollback "+key.String()+" "+r.ID+" --commit")
	}
	to.Wish = app.NewCommit{
		Base: base.ID, Branch: orElse(o.Branch, to.Source.TargetRevision), Restore: to.Paths,
		Message: orElse(o.Message, restoreMessage(key, r, to)), Author: orElse(o.Author, p.Name+" <"+p.Name+"@wheelhouse.local>"),
	}
	to.Draft, err = e.ports.Committer.Draft(ctx, to.Source, to.Wish)
	if err == nil && o.Branch == "" && !to.Draft.Followed {
		err = fmt.Errorf("commit to %s of %s: it is no branch", to.Source.Revision(), app.ShownURL(to.Source.RepoURL))
	}
	if err == nil && o.Branch == "" && to.Draft.New {
		err = fmt.Errorf("commit to %s of %s: there is no such branch", to.Source.Revision(), app.ShownURL(to.Source.RepoURL))
	}
	if err != nil && o.Branch == "" && hint.Of(err) == "" {
		err = hint.With(err, "name a branch to commit to")
	}
	return err
}

// restoreMessage says in a commit what it restores and why.
func restoreMessage(key app.Key, r app.Record, to *plan.Restore) string {
	paths := slices.Sorted(maps.Keys(to.Paths))
	old := app.Commit{ID: to.Paths[paths[0]]}.Short()
	return fmt.Sprintf("%s: restore %s as of %s\n\nRolled back to %s.\n", key.Name, strings.Join(paths, ", "), old, r.ID)
}

// differing names the objects that would not be as in the manifests of a record if git said what the drafts say: what they
// are made of may be elsewhere too, such as value files, bases, charts, or the application's own document. Data of Secrets is
// in no record and is not compared, and what git did not ask for then either is no difference.
func (e *Engine) differing(
	ctx context.Context, a app.Application, restores []plan.Restore, g *goal,
) ([]string, error) {
	q := question{commits: map[int]string{}, maxAge: time.Second, renderOnly: true}
	for _, r := range restores {
		for _, i := range r.Serves {
			q.commits[i] = r.Draft.Commit.ID
		}
	}
	x, err := e.examine(ctx, a, q)
	if err != nil {
		return nil, err
	}
	rules, err := diff.NewRules(a.Spec.IgnoreDifferences)
	if err != nil {
		return nil, err
	}
	before := map[object.Ref]*unstructured.Unstructured{}
	copies := make([]*unstructured.Unstructured, 0, len(g.manifests))
	for _, u := range g.manifests {
		copies = append(copies, u.DeepCopy())
	}
	was, _, _, err := e.finish(ctx, x, copies)
	if err != nil {
		return nil, err
	}
	was = slices.DeleteFunc(was, func(u *unstructured.Unstructured) bool {
		ref := object.Of(u)
		_, asked := x.want.at[ref]
		return plan.IsHook(u) || !asked && slices.Contains(g.record.Kept, ref)
	})
	for i, u := range was {
		was[i] = diff.MaskObject(u)
		before[object.Of(u)] = was[i]
	}
	var now []*unstructured.Unstructured
	for _, u := range x.want.objects {
		if plan.IsHook(u) {
			continue
		}
		u = diff.MaskObject(u)
		if old := before[object.Of(u)]; old != nil {
			for _, f := range x.want.unstable[object.Of(u)] {
				diff.KeepField(u, old, f)
			}
			u = rules.Keep(ctx, u, old, nil)
		}
		now = append(now, u)
	}
	return differences(diff.ChangedSince(was, now)), nil
}

// differences names objects and what of them differs.
func differences(diffs []diff.Diff) []string {
	var out []string
	for _, d := range diffs {
		switch {
		case d.Verdict == diff.Create:
			out = append(out, d.Ref.String()+" (which the record does not have)")
		case d.Verdict == diff.Prune:
			out = append(out, d.Ref.String()+" (which git would not have)")
		case len(d.Changes) == 1:
			out = append(out, d.Ref.String()+" ("+d.Changes[0].Path+")")
		default:
			out = append(out, fmt.Sprintf("%s (%d fields)", d.Ref, len(d.Changes)))
		}
	}
	return out
}
