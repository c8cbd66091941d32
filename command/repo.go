package command

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func repoAdd() Verb {
	var login app.RepositoryLogin
	var password, token, keyPath string
	var upsert, insecureHost, insecureTLS bool
	return Verb{
		Group: "repo", Name: "add", Args: "URL", MinArgs: 1, MaxArgs: 1,
		Short: "Register a repository and its credentials",
		Long: "Register a repository. The credentials serve every URL that begins with this one; the longest wins. A password\n" +
			"or token given as - is read from the standard input, so that it is in no list of processes. They are kept in a\n" +
			"file that only you may read.",
		Example: "  wheelhouse repo add https://git.example.com/team --username ci --password -",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&login.Name, "name", "", "`name` for lists")
			f.StringVar(&login.Username, "username", "", "user `name`")
			f.StringVar(&password, "password", "", "`password`, or passphrase of the SSH key; - reads it")
			f.StringVar(&token, "bearer-token", "", "bearer `token`; - reads it")
			f.StringVar(&keyPath, "ssh-private-key-path", "", "SSH private key `file`")
			f.BoolVar(&insecureTLS, "insecure-skip-server-verification", false, "do not check the server's certificate or host key")
			f.BoolVar(&insecureHost, "insecure-ignore-host-key", false, "do not check the server's SSH host key")
			f.BoolVar(&upsert, "upsert", false, "replace what is registered for the URL")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			login.URL, login.Type = args[0], "git"
			login.Insecure = insecureTLS || insecureHost
			registered, err := env.Ports.Repositories.List(ctx)
			if err != nil {
				return err
			}
			if !upsert && slices.ContainsFunc(registered, func(r app.Repository) bool { return r.URL == login.URL }) {
				return fmt.Errorf("repository %s: %w; --upsert replaces it", login.URL, app.ErrExists)
			}
			if login.Password, err = secretFlag(env, password); err != nil {
				return err
			}
			if login.BearerToken, err = secretFlag(env, token); err != nil {
				return err
			}
			if keyPath != "" {
				b, err := os.ReadFile(keyPath)
				if err != nil {
					return fmt.Errorf("read SSH key: %w", err)
				}
				login.SSHPrivateKey = app.NewSecret(string(b))
			}
			if err := env.Ports.Repositories.Add(ctx, login); err != nil {
				return err
			}
			if login.Insecure {
				env.say("warning: the identity of %s is not checked", login.URL)
			}
			fmt.Fprintf(env.Out, "repository %s added; try it with: wheelhouse repo test %s\n", login.URL, login.URL)
			return nil
		},
	}
}

// secretFlag returns the secret of a flag, reading one line of the standard input for "-".
func secretFlag(env *Env, value string) (app.Secret, error) {
	if value != "-" {
		return app.NewSecret(value), nil
	}
	line, err := bufio.NewReader(env.In).ReadString('\n')
	if err != nil && line == "" {
		return app.Secret{}, fmt.Errorf("read secret from the standard input: %w", err)
	}
	return app.NewSecret(strings.TrimRight(line, "\r\n")), nil
}

func repoList() Verb {
	return Verb{
		Group: "repo", Name: "list", Formats: []string{"table", "json", "yaml", "name"},
		Short: "List registered repositories, and those that applications use",
		Run: func(ctx context.Context, env *Env, _ []string) error {
			list, err := repositories(ctx, env)
			if err != nil {
				return err
			}
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
				registered := "no"
				if r.Registered {
					registered = "yes"
				}
				rows = append(rows, []string{r.Type, r.URL, registered, r.Credentials, r.Username})
			}
			return table(env.Out, "TYPE URL REGISTERED CREDENTIALS USER", rows)
		},
	}
}

// repositories joins the registered repositories and those of the applications.
func repositories(ctx context.Context, env *Env) ([]app.Repository, error) {
	list, err := env.Ports.Repositories.List(ctx)
	if err != nil {
		return nil, err
	}
	if err := env.Engine.Load(ctx); err != nil {
		return nil, err
	}
	for _, v := range env.Engine.Views() {
		for _, src := range v.App.Spec.AllSources() {
			if !slices.ContainsFunc(list, func(r app.Repository) bool { return r.URL == src.RepoURL }) {
				kind := "git"
				if src.Chart != "" {
					kind = "helm"
				}
				list = append(list, app.Repository{URL: src.RepoURL, Type: kind})
			}
		}
	}
	if list == nil {
		list = []app.Repository{}
	}
	slices.SortFunc(list, func(a, b app.Repository) int { return strings.Compare(a.URL, b.URL) })
	return list, nil
}

func repoTest() Verb {
	return Verb{
		Group: "repo", Name: "test", Args: "[URL]", MinArgs: 0, MaxArgs: 1,
		Short: "Connect to a repository, or to all of them",
		Long:  "List the references of a repository and say what fails: name service, connection, certificate, login, not found.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			urls := args
			if len(urls) == 0 {
				list, err := repositories(ctx, env)
				if err != nil {
					return err
				}
				for _, r := range list {
					urls = append(urls, r.URL)
				}
			}
			var failed []error
			for _, url := range urls {
				err := env.Ports.Repositories.Test(ctx, url)
				if err == nil {
					fmt.Fprintf(env.Out, "ok      %s\n", url)
					continue
				}
				failed = append(failed, err)
				fmt.Fprintf(env.Out, "failed  %s\n", url)
				if len(urls) > 1 {
					env.say("%s", remedied(err))
				}
			}
			return worst(failed)
		},
	}
}

func repoRemove() Verb {
	return Verb{
		Group: "repo", Name: "rm", Args: "URL", MinArgs: 1, MaxArgs: 1,
		Short: "Forget a repository and its credentials",
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := env.Ports.Repositories.Remove(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "repository %s removed\n", args[0])
			return nil
		},
	}
}
