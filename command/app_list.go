package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// applicationList is the JSON of `app list`: a bare array, as Argo CD prints it.
type applicationList []app.Application

func appList() Verb {
	var refresh bool
	var repo, project, selector string
	return Verb{
		Group: "app", Name: "list", Formats: []string{"table", "wide", "json", "yaml", "name"},
		Short: "List applications with their status",
		Long: "List the applications of the store. The status is the stored one; COMPARED is the age of what it knows, also\n" +
			"where later comparisons failed. --refresh computes it now. Documents that cannot be read are listed on the error stream.",
		Example: "  wheelhouse app list\n  wheelhouse app list --refresh -o json",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&refresh, "refresh", false, "compare all applications with their clusters now")
			f.StringVarP(&repo, "repo", "r", "", "only applications of this repository `URL`")
			f.StringVarP(&project, "project", "p", "", "only applications of this `project`")
			f.StringVarP(&selector, "selector", "l", "", "only applications whose labels satisfy this `selector`, as kubectl's: key=value,key!=value,…")
		},
		Run: func(ctx context.Context, env *Env, _ []string) error {
			wanted, err := labels.Parse(selector)
			if err != nil {
				return usagef("--selector: %w", err)
			}
			views, err := loadViews(ctx, env, refresh)
			if err != nil {
				return err
			}
			views = slices.DeleteFunc(views, func(v engine.View) bool {
				return !matchesView(v, repo, project, wanted)
			})
			return printList(env, views)
		},
	}
}

// loadViews reads the store and, if asked, refreshes every application; failures are in the status.
func loadViews(ctx context.Context, env *Env, refresh bool) ([]engine.View, error) {
	if err := env.Engine.Load(ctx); err != nil {
		return nil, err
	}
	if refresh {
		env.Engine.RefreshAll(ctx)
	}
	for k, err := range env.Engine.Broken() {
		env.say("%s cannot be read: %v", k, err)
		if h := hint.Of(err); h != "" {
			env.say("  %s", h)
		}
	}
	return env.Engine.Views(), nil
}

func matchesView(v engine.View, repo, project string, wanted labels.Selector) bool {
	if project != "" && v.App.Spec.Project != project {
		return false
	}
	ofIt := func(s app.Source) bool { return app.ShownURL(s.RepoURL) == app.ShownURL(repo) }
	if repo != "" && !slices.ContainsFunc(v.App.Spec.AllSources(), ofIt) {
		return false
	}
	return wanted.Matches(labels.Set(v.App.Metadata.Labels))
}

func printList(env *Env, views []engine.View) error {
	switch env.Format {
	case "json", "yaml":
		list := applicationList{}
		for _, v := range views {
			list = append(list, v.App)
		}
		return printObject(env.Out, env.Format, list)
	case "name":
		for _, v := range views {
			fmt.Fprintln(env.Out, v.App.Key())
		}
		return nil
	}
	if len(views) == 0 {
		env.say("no applications in %s; create one with: wheelhouse app create --help", env.Engine.StoreName())
		return nil
	}
	header := "NAME SYNC HEALTH REVISION DESTINATION LAST COMPARED"
	rows := make([][]string, 0, len(views))
	for _, v := range views {
		rows = append(rows, []string{
			v.App.Key().String(), syncWord(v), string(orUnknown(v.App.Status.Health.Status)), revisionWord(v),
			v.App.Spec.Destination.String(), lastOperation(env, v), age(env.Now(), v.App.Status.ReconciledAt),
		})
	}
	if env.Format == "wide" {
		header += " REPOSITORY PATH CONDITIONS"
		for i, v := range views {
			src := app.Source{}
			if all := v.App.Spec.AllSources(); len(all) > 0 {
				src = all[0]
			}
			rows[i] = append(rows[i], app.ShownURL(src.RepoURL), src.Path+src.Chart, conditionTypes(v.App.Status.Conditions))
		}
	}
	return table(env.Out, header, rows)
}

func syncWord(v engine.View) string {
	switch {
	case v.Released:
		return "Released"
	case v.App.Status.Sync.Status == "":
		return string(app.SyncUnknown)
	case v.Pin != nil:
		return string(v.App.Status.Sync.Status) + " (pinned)"
	}
	return string(v.App.Status.Sync.Status)
}

func orUnknown(h app.HealthCode) app.HealthCode {
	if h == "" {
		return app.HealthUnknown
	}
	return h
}

// revisionWord is the followed revision with the short commit that it resolved to.
func revisionWord(v engine.View) string {
	all := v.App.Spec.AllSources()
	if len(all) == 0 {
		return ""
	}
	s := all[0].Revision()
	if id := v.App.Status.Sync.Revision; id != "" {
		s += " " + app.Commit{ID: id}.Short()
	}
	return s
}

func lastOperation(env *Env, v engine.View) string {
	st := v.App.Status.OperationState
	if st == nil {
		return ""
	}
	when := st.FinishedAt
	if when == nil {
		when = &st.StartedAt
	}
	return fmt.Sprintf("%s %s", st.Phase, age(env.Now(), when))
}

func conditionTypes(conditions []app.Condition) string {
	s := ""
	for i, c := range conditions {
		if i > 0 {
			s += ","
		}
		s += string(c.Type)
	}
	return s
}
