package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func repoList() Verb {
	return Verb{
		Group: "repo", Name: "list", Formats: []string{"table", "json", "yaml", "name"},
		Short: "List registered repositories, and those that applications use",
		Run: func(ctx context.Context, env *Env, _ []string) error {
			list, err := repositories(ctx, env)
			if list == nil {
				return err
			}
			return errors.Join(printRepositories(env, list), err)
		},
	}
}

func printRepositories(env *Env, list []app.Repository) error {
	switch env.Format {
	case "json", "yaml":
		return printObject(env.Out, env.Format, list)
	case "name":
		for _, r := range list {
			fmt.Fprintln(env.Out, r.URL)
		}
		return nil
	}
	if len(list) == 0 {
		env.say("no repositories; an application brings its own, or register one with: wheelhouse repo add URL")
		return nil
	}
	rows := make([][]string, 0, len(list))
	for _, r := range list {
		registered, server, clone, credentials, from := "no", "checked", "", r.Credentials, r.From
		switch {
		case r.Template:
			registered = "template"
		case r.Registered:
			registered = "yes"
		default:
			from = "applications"
		}
		if r.Insecure {
			server = "insecure"
		}
		if r.Partial {
			clone = "partial"
		}
		if r.EnableLFS {
			clone = strings.TrimSpace(clone + " lfs")
		}
		if r.Problem != "" {
			credentials = "unusable"
		}
		rows = append(rows, []string{r.Type, r.URL, registered, credentials, r.Username, server, clone, from})
	}
	if err := table(env.Out, "TYPE URL REGISTERED CREDENTIALS USER SERVER CLONE FROM", rows); err != nil {
		return err
	}
	for _, r := range list {
		if r.Problem != "" {
			env.say("%s cannot be used: %s: %s", r.URL, r.From, r.Problem)
		}
	}
	return nil
}

// repositories joins the registered repositories and those of the applications. With an error, the registered ones are
// those that were known last.
func repositories(ctx context.Context, env *Env) ([]app.Repository, error) {
	list, outdated := env.Ports.Repositories.List(ctx)
	if list == nil && outdated != nil {
		return nil, outdated
	}
	if err := env.Engine.Load(ctx); err != nil {
		return nil, err
	}
	for _, v := range env.Engine.Views() {
		for _, src := range v.App.Spec.AllSources() {
			url := app.ShownURL(src.RepoURL)
			if !slices.ContainsFunc(list, func(r app.Repository) bool { return r.URL == url }) {
				list = append(list, app.Repository{URL: url, Type: kindOf(src)})
			}
		}
	}
	if list == nil {
		list = []app.Repository{}
	}
	slices.SortStableFunc(list, func(a, b app.Repository) int { return strings.Compare(a.URL, b.URL) })
	return list, outdated
}

// RepositoryURLs are the URLs of the repositories that applications use, each once and as its document has it, so that it can be
// tried: with user and password where it holds these.
func (e *Env) RepositoryURLs(ctx context.Context) ([]string, error) {
	list, _, err := e.Ports.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	var urls []string
	for i := range list {
		for _, src := range list[i].Spec.AllSources() {
			if !slices.Contains(urls, src.RepoURL) {
				urls = append(urls, src.RepoURL)
			}
		}
	}
	return urls, nil
}

// kindOf is the kind of repository that a source is in.
func kindOf(src app.Source) string {
	switch {
	case src.InGit():
		return "git"
	case strings.HasPrefix(src.RepoURL, "oci://") || !strings.Contains(src.RepoURL, "://"):
		return "oci"
	}
	return "helm"
}

func repoTest() Verb {
	return Verb{
		Group: "repo", Name: "test", Args: "[URL]", MinArgs: 0, MaxArgs: 1,
		Short: "Connect to a repository, or to all of them",
		Long: "List the references of a repository, read the index of a Helm repository, or log in to an OCI registry, and say\n" +
			"what fails: name service, connection, certificate, login, not found.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			urls := args
			if len(urls) == 0 {
				var err error
				if urls, err = everyURL(ctx, env); err != nil {
					return err
				}
			}
			var failed []error
			for _, url := range urls {
				err := env.Ports.Repositories.Test(ctx, url)
				if err == nil {
					fmt.Fprintf(env.Out, "ok      %s\n", app.ShownURL(url))
					continue
				}
				failed = append(failed, err)
				fmt.Fprintf(env.Out, "failed  %s\n", app.ShownURL(url))
				if len(urls) > 1 {
					env.say("%s", remedied(err))
				}
			}
			return worst(failed)
		},
	}
}

// everyURL lists the registered repositories and those that applications use, as they can be tried.
func everyURL(ctx context.Context, env *Env) ([]string, error) {
	list, err := env.Ports.Repositories.List(ctx)
	if err != nil {
		return nil, err
	}
	urls, err := env.RepositoryURLs(ctx)
	for _, r := range list {
		// A template's URL is that of many repositories, and need not be one of its own.
		if !r.Template && !slices.Contains(urls, r.URL) {
			urls = append(urls, r.URL)
		}
	}
	slices.SortStableFunc(urls, func(a, b string) int { return strings.Compare(app.ShownURL(a), app.ShownURL(b)) })
	return urls, err
}

func repoRemove() Verb {
	return Verb{
		Group: "repo", Name: "rm", Args: "URL", MinArgs: 1, MaxArgs: 1,
		Short: "Forget a repository and its credentials",
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := env.Engine.RemoveRepository(ctx, env.Principal, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "repository %s removed\n", app.ShownURL(args[0]))
			return nil
		},
	}
}
