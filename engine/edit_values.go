package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Values returns what can be edited about a source of an application.
func (e *Engine) Values(ctx context.Context, key app.Key, source int) (app.Values, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return app.Values{}, err
	}
	req, err := e.valuesRequest(ctx, a, source)
	if err != nil {
		return app.Values{}, fmt.Errorf("read values of %s: %w", key, err)
	}
	v, err := e.ports.Values.Values(ctx, req)
	if err != nil || v.CommitOnly != "" {
		return v, err
	}
	v.CommitOnly, err = e.madeBy(ctx, &a)
	return v, err
}

// valuesRequest is the render request of one source, at the commit of the last refresh where there was one.
func (e *Engine) valuesRequest(ctx context.Context, a app.Application, source int) (app.RenderRequest, error) {
	sources := a.Spec.AllSources()
	if source < 0 || source >= len(sources) {
		return app.RenderRequest{}, fmt.Errorf("source %d of %s: %w", source, a.Key(), app.ErrNotFound)
	}
	checkouts, err := e.fetch(ctx, sources, question{maxAge: time.Minute})
	if err != nil {
		return app.RenderRequest{}, err
	}
	refs := map[string]fs.FS{}
	for i, src := range sources {
		if src.Ref != "" {
			refs[src.Ref] = checkouts[i].Files
		}
	}
	cluster, _, err := e.boundCluster(ctx, a.Spec.Destination)
	if err != nil {
		return app.RenderRequest{}, err
	}
	caps, err := cluster.Capabilities(ctx)
	if err != nil {
		return app.RenderRequest{}, fmt.Errorf("ask %s for its API versions: %w", a.Spec.Destination.Cluster(), err)
	}
	return renderRequest(a, sources[source], checkouts[source], refs, caps), nil
}

// PreviewValues returns what edited values would change in the cluster, checked by the API server. It writes nothing.
func (e *Engine) PreviewValues(ctx context.Context, key app.Key, source int, edit app.ValuesEdit) ValuesPreview {
	var v ValuesPreview
	a, err := e.load(ctx, key)
	if err != nil {
		v.Err = err
		return v
	}
	begun := e.opts.Clock.Now()
	req, result, err := e.comesTo(ctx, a, source, edit)
	v.Result, v.Err = result, err
	if v.Err != nil || hasErrors(v.Result.Problems) {
		return v
	}
	q := question{sources: slices.Clone(a.Spec.AllSources()), overlaid: source, maxAge: time.Minute, creates: true}
	q.sources[source] = v.Result.Source
	if q.overlay, v.Err = e.editedFile(ctx, req, v.Result); v.Err != nil {
		return v
	}
	x, err := e.examine(ctx, a, q)
	for _, s := range x.stages {
		if s.Name == "compare" {
			v.CheckTook = s.Took
		}
	}
	v.RenderTook = e.opts.Clock.Now().Sub(begun) - v.CheckTook
	if err != nil {
		v.Err = err
		return v
	}
	for _, d := range x.diffs {
		if d.OutOfSync() {
			v.Diffs = append(v.Diffs, *d)
		}
	}
	return v
}

// editedFile is the edited file in place of the one in git, for an edit that nothing but a commit can make.
func (e *Engine) editedFile(
	ctx context.Context, req app.RenderRequest, r app.ValuesResult,
) (map[string][]byte, error) {
	if r.CommitOnly == "" {
		return nil, nil
	}
	if r.File == nil {
		return nil, fmt.Errorf("the edit can be neither kept nor committed: %s", r.CommitOnly)
	}
	values, err := e.ports.Values.Values(ctx, req)
	if err != nil {
		return nil, err
	}
	if values.Editable == "" {
		return nil, fmt.Errorf("the edit can be neither kept nor committed: %s, and the source has no file of its own", r.CommitOnly)
	}
	return map[string][]byte{values.Editable: r.File}, nil
}

func hasErrors(problems []app.Problem) bool {
	for _, p := range problems {
		if !p.Warning {
			return true
		}
	}
	return false
}

// EditValues returns what edited values come to, with the problems of the text. It writes nothing and asks no cluster how
// they compare.
func (e *Engine) EditValues(ctx context.Context, key app.Key, source int, edit app.ValuesEdit) (app.ValuesResult, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return app.ValuesResult{}, err
	}
	_, result, err := e.comesTo(ctx, a, source, edit)
	return result, err
}

// KeepValues keeps edited values as an override in the application: the smallest that gives them.
func (e *Engine) KeepValues(ctx context.Context, p app.Principal, key app.Key, source int, edit app.ValuesEdit) error {
	if err := e.Allowed(p, ActEdit); err != nil {
		return err
	}
	result, req, err := e.edited(ctx, key, source, edit)
	if err != nil {
		return err
	}
	if result.CommitOnly != "" {
		return hint.With(fmt.Errorf("keep values of %s as an override: %s", key, result.CommitOnly), "commit them to git instead")
	}
	_, err = e.Update(ctx, p, key, func(a *app.Application) error {
		if sources := a.Spec.AllSources(); source >= len(sources) || !reflect.DeepEqual(sources[source], req.Source) {
			return hint.With(errors.New("its source was changed meanwhile"), "look at it and edit again; nothing was kept")
		}
		if len(a.Spec.Sources) > 0 {
			a.Spec.Sources[source] = result.Source
			return nil
		}
		a.Spec.Source = &result.Source
		return nil
	})
	return err
}

// CommitRequest says where edited values are committed.
type CommitRequest struct {
	// Branch defaults to the followed one; another is made from it.
	Branch  string
	Message string
	// Author is "Name <mail>", and by default made of the principal's name.
	Author string
}

// CommitValues commits the edited values file to git and pushes it. A push that is refused changes nothing.
func (e *Engine) CommitValues(
	ctx context.Context, p app.Principal, key app.Key, source int, edit app.ValuesEdit, c CommitRequest,
) (app.Commit, error) {
	if err := e.Allowed(p, ActEdit); err != nil {
		return app.Commit{}, err
	}
	result, req, err := e.edited(ctx, key, source, edit)
	if err != nil {
		return app.Commit{}, err
	}
	if !req.Source.InGit() {
		err := fmt.Errorf("commit values of %s: they come with %s, which is no git repository", key, strings.TrimSpace(app.ShownURL(req.Source.RepoURL)+" "+req.Source.Chart))
		return app.Commit{}, hint.With(err, "keep them as an override in the application")
	}
	if result.File == nil {
		return app.Commit{}, fmt.Errorf("commit values of %s: the source has no file to commit them to", key)
	}
	values, err := e.ports.Values.Values(ctx, req)
	if err != nil {
		return app.Commit{}, fmt.Errorf("commit values of %s: %w", key, err)
	}
	branch := c.Branch
	if branch == "" {
		branch = req.Source.TargetRevision
	}
	author := cmp.Or(c.Author, p.Name+" <"+p.Name+"@wheelhouse.local>")
	commit, err := e.ports.Committer.Commit(ctx, req.Source, app.NewCommit{
		Base: req.Commit.ID, Branch: branch, Message: c.Message, Author: author,
		Files: map[string][]byte{values.Editable: result.File},
	})
	if err != nil {
		return commit, fmt.Errorf("commit values of %s: %w", key, err)
	}
	e.enqueue(key, levelHard)
	return commit, nil
}

// edited turns an edit into its result, and refuses one with errors.
func (e *Engine) edited(
	ctx context.Context, key app.Key, source int, edit app.ValuesEdit,
) (app.ValuesResult, app.RenderRequest, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return app.ValuesResult{}, app.RenderRequest{}, err
	}
	req, result, err := e.comesTo(ctx, a, source, edit)
	if err != nil {
		return result, req, err
	}
	for _, problem := range result.Problems {
		if !problem.Warning {
			err := fmt.Errorf("edit values of %s: %s", key, problem)
			return result, req, hint.With(err, "mend the text; nothing was kept")
		}
	}
	return result, req, nil
}

// comesTo turns an edit into its result, whatever is wrong with the text.
func (e *Engine) comesTo(
	ctx context.Context, a app.Application, source int, edit app.ValuesEdit,
) (app.RenderRequest, app.ValuesResult, error) {
	req, err := e.valuesRequest(ctx, a, source)
	if err != nil {
		return req, app.ValuesResult{}, fmt.Errorf("edit values of %s: %w", a.Key(), err)
	}
	result, err := e.ports.Values.Edit(ctx, req, edit)
	if err != nil {
		return req, result, fmt.Errorf("edit values of %s: %w", a.Key(), err)
	}
	if reflect.DeepEqual(result.Source, req.Source) {
		return req, result, nil
	}
	made, err := e.madeBy(ctx, &a)
	if made != "" {
		result.CommitOnly, result.Source, result.Overridden, result.Lists = made, req.Source, nil, nil
	}
	return req, result, err
}
