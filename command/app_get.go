package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

func appGet() Verb {
	var refresh, hard, params, values bool
	return Verb{
		Group: "app", Name: "get", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Formats: []string{"table", "tree", "json", "yaml", "name"},
		Short:   "Show one application",
		Long: "Show an application: where it comes from and goes to, its status, conditions and objects.\n" +
			"The status is the stored one, with its age; --refresh computes it now. -o tree shows what belongs to its objects, live.\n" +
			"Beside the health of an object that is not well stands what its Pods say of it, another object that it owns, or the\n" +
			"newest warning about these.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&refresh, "refresh", false, "compare with the cluster now")
			f.BoolVar(&hard, "hard-refresh", false, "the same, rendering it anew with what lies outside of its manifest-generate-paths")
			f.BoolVar(&values, "values", false, "print the values of its sources, with what the application sets over the files")
			f.BoolVar(&params, "show-params", false, "list the parameters of its sources, and those that plugins announce")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			v, err := oneView(ctx, env, args[0], refreshing(refresh, hard))
			if err != nil {
				return err
			}
			switch env.Format {
			case "json", "yaml":
				return printObject(env.Out, env.Format, &v.App)
			case "name":
				fmt.Fprintln(env.Out, v.App.Key())
				return nil
			case "tree":
				nodes, err := env.Engine.Tree(ctx, v.App.Key())
				if err != nil {
					return err
				}
				return printTree(env, nodes)
			}
			if err := printApplication(env, v); err != nil {
				return err
			}
			if values {
				if err := printValues(ctx, env, &v.App); err != nil {
					return err
				}
			}
			if !params {
				return nil
			}
			return printParameters(ctx, env, &v.App)
		},
	}
}

// refresher is a way to refresh an application.
type refresher func(*engine.Engine, context.Context, app.Key) (engine.View, error)

// refreshing is how flags ask for it; nil is not at all.
func refreshing(refresh, hard bool) refresher {
	switch {
	case hard:
		return (*engine.Engine).RefreshAnew
	case refresh:
		return (*engine.Engine).Refresh
	}
	return nil
}

// oneView returns an application of the store, refreshed when it is told how. A refresh that fails is told on the error stream
// and is in the status: the application is still shown.
func oneView(ctx context.Context, env *Env, name string, refresh refresher) (engine.View, error) {
	k, err := key(name)
	if err != nil {
		return engine.View{}, err
	}
	if err := env.Engine.Load(ctx); err != nil {
		return engine.View{}, err
	}
	if broken, ok := env.Engine.Broken()[k]; ok {
		return engine.View{}, broken
	}
	v, ok := env.Engine.View(k)
	if !ok {
		return v, env.Engine.Unknown(k)
	}
	if refresh == nil || v.Released {
		return v, nil
	}
	v, err = refresh(env.Engine, ctx, k)
	if err != nil && ctx.Err() != nil {
		return v, err
	}
	if err != nil {
		env.say("%s", remedied(err))
	}
	return v, nil
}

// commitWord is what a source's revision resolves to.
func commitWord(src app.Source) string {
	if src.InGit() {
		return "Commit"
	}
	return "Version"
}

// describe is a commit on a line; what is not known of it is left out.
func describe(c app.Commit) string {
	text := strings.TrimSpace(c.Short() + " " + c.Message)
	if c.Author != "" {
		text += " (" + c.Author + ")"
	}
	return text
}

func printApplication(env *Env, v engine.View) error {
	a := &v.App
	w := env.Out
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-14s%s\n", name+":", value)
		}
	}
	line("Name", a.Key().String())
	line("Project", a.Spec.Project)
	line("Destination", a.Spec.Destination.String())
	for i, src := range a.Spec.AllSources() {
		line("Source", strings.TrimSpace(app.ShownURL(src.RepoURL)+" "+src.Path+src.Chart+" @ "+src.Revision()))
		if i < len(v.Tools) {
			line("Tool", toolWord(v.Tools[i], v.Why[i]))
		}
		if i < len(v.Commits) {
			c := v.Commits[i]
			line(commitWord(src), describe(c))
		}
	}
	line("Automation", automationWord(&a.Spec)+whoAutomates(env, &a.Spec))
	if v.Pin != nil {
		line("Pinned", "at "+v.Pin.Record+": "+v.Pin.Reason+untilWord(v.Pin.Until))
	}
	if a.Metadata.Annotations[app.AnnotationSkipReconcile] == "true" {
		line("Paused", "by the annotation "+app.AnnotationSkipReconcile)
	}
	if v.Pause != nil {
		line("Paused", v.Pause.Reason+untilWord(v.Pause.Until))
	}
	line("Sync", strings.TrimSpace(syncWord(v)+" "+comparedWith(&a.Status.Sync)))
	line("Health", strings.TrimSpace(string(orUnknown(a.Status.Health.Status))+" "+a.Status.Health.Message))
	line("Compared", age(env.Now(), a.Status.ReconciledAt)+ago(a, env.Now()))
	if st := a.Status.OperationState; st != nil {
		line("Operation", fmt.Sprintf("%s %s ago: %s%s", st.Operation.Kind(), lastOperation(env, v), clean(st.Message), settling(st)))
	}
	if v.Held != nil {
		line("Held by", v.Held.String())
	}
	for _, c := range a.Status.Conditions {
		line("Condition", fmt.Sprintf("%s: %s", c.Type, c.Message))
	}
	if len(a.Status.Resources) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return printResources(w, a.Status.Resources)
}

// comparedWith names the commits that a comparison was with, one for each source.
func comparedWith(s *app.SyncStatus) string {
	var all []string
	for _, id := range append([]string{s.Revision}, s.Revisions...) {
		if id != "" {
			all = append(all, app.Commit{ID: id}.Short())
		}
	}
	return strings.Join(all, ", ")
}

// settling says whether what an operation applied has become healthy since.
func settling(st *app.OperationState) string {
	switch {
	case st.SettledAt != nil:
		return "; settled"
	case st.Unsettled():
		return "; not settled yet"
	}
	return ""
}

// toolWord says what renders a source, and why; a source that is only referred to is rendered by nothing.
func toolWord(tool app.Tool, why string) string {
	if tool == "" {
		return "none (it only serves the values of other sources)"
	}
	return fmt.Sprintf("%s (%s)", tool, why)
}

// ago says of the age of a status what there is to do about it: where comparisons fail since, all but Unknown is as old.
func ago(a *app.Application, now time.Time) string {
	at := a.Status.ReconciledAt
	if at == nil {
		return "; --refresh compares it now"
	}
	for _, c := range a.Status.Conditions {
		if since := c.LastTransitionTime; a.Status.Sync.Status == app.SyncUnknown && since != nil && since.After(*at) {
			return " ago; failing for " + age(now, since)
		}
	}
	return " ago"
}

// untilWord says when something ends by itself.
func untilWord(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", until " + t.UTC().Format(time.RFC3339)
}

func automationWord(s *app.Spec) string {
	auto, on := s.AutomatedOn()
	if !on {
		return "off"
	}
	word := "on"
	if auto.Prune {
		word += ", prune"
	}
	if auto.SelfHeal {
		word += ", self-heal"
	}
	return word
}

// whoAutomates says who acts on an automated application, or that nobody does.
func whoAutomates(env *Env, s *app.Spec) string {
	if _, on := s.AutomatedOn(); !on {
		return ""
	}
	if a := env.Engine.Automation(); a.Held {
		return "; by " + a.Holder.String()
	}
	return "; nobody automates this store now (wheelhouse automate, or an open console, does)"
}

func printResources(w io.Writer, resources []app.ResourceStatus) error {
	rows := make([][]string, 0, len(resources))
	for _, r := range resources {
		status, message := "", ""
		if r.Health != nil {
			status, message = string(r.Health.Status), r.Health.Message
		}
		word := string(r.Status)
		if r.RequiresPruning {
			word += " (prune)"
		}
		rows = append(rows, []string{r.Group, r.Kind, r.Namespace, r.Name, word, status, message})
	}
	return table(w, "GROUP KIND NAMESPACE NAME STATUS HEALTH MESSAGE", rows)
}

// printTree writes the tree of objects with lines, one object a line.
func printTree(env *Env, nodes []engine.TreeNode) error {
	rows := make([][]string, 0, len(nodes))
	for _, n := range nodes {
		created := n.Created
		rows = append(rows, []string{
			strings.Repeat("  ", n.Depth) + n.Ref.String(), string(n.Sync), string(n.Health.Status), n.Info,
			age(env.Now(), &created), n.Health.Message,
		})
	}
	return table(env.Out, "OBJECT SYNC HEALTH INFO AGE MESSAGE", rows)
}
