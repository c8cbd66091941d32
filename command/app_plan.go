package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// planFlags are the flags of verbs that make a sync plan.
type planFlags struct {
	prune, adopt, force bool
	hooks               bool
	at                  revisionFlags
	resources, labels   []string
	takeOver            []string
}

func (p *planFlags) declare(f *pflag.FlagSet) {
	f.BoolVar(&p.prune, "prune", false, "delete objects that git has no more")
	f.BoolVar(&p.adopt, "adopt", false, "take over objects that another store or application marked")
	f.BoolVar(&p.force, "force", false, "replace objects whose change the server refuses as immutable")
	p.at.declare(f)
	f.StringArrayVar(&p.takeOver, "take-over", nil, "make the fields of this field `manager` ours, so that what git does not name of them is removed (app diff --foreign lists them); may repeat")
	f.StringArrayVar(&p.resources, "resource", nil, "only this object, as `GROUP:KIND:NAMESPACE/NAME`, or all but it with a ! before; * matches anything; may repeat")
	f.BoolVar(&p.hooks, "hooks", false, "run the application's hooks too, where --resource or --label select some objects")
	f.StringArrayVar(&p.labels, "label", nil, "only objects whose labels satisfy this `selector`, as kubectl's: key=value,key!=value,…; may repeat")
}

// options reads the flags for an application.
func (p *planFlags) options(ctx context.Context, env *Env, k app.Key) (plan.Options, error) {
	o := plan.Options{Prune: p.prune, Adopt: p.adopt, Force: p.force, Hooks: p.hooks, Labels: strings.Join(p.labels, ","), TakeOver: p.takeOver}
	for _, r := range p.resources {
		s, err := plan.ParseSelector(r)
		if err != nil {
			return o, usage(err)
		}
		o.Select = append(o.Select, s)
	}
	if _, err := labels.Parse(o.Labels); err != nil {
		return o, usagef("--label: %w", err)
	}
	if p.hooks && len(p.resources) == 0 && len(p.labels) == 0 {
		return o, usagef("--hooks goes with --resource or --label: a sync of all objects runs them anyway")
	}
	if !p.at.given() {
		return o, nil
	}
	a, err := stored(ctx, env, k)
	if err == nil {
		o.Revisions, err = p.at.at(&a)
	}
	return o, err
}

func appPlan() Verb {
	var flags planFlags
	var exitCode bool
	return Verb{
		Group: "app", Name: "plan", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table", "json", "yaml"},
		Short: "Show what a sync would do, checked by the API server",
		Long: "Show every step of a sync in its order, answered by the API server itself. Nothing is written. CHECKED says what a step rests\n" +
			"on: server, proof, CRD schema (the definition of its kind that the plan writes), shape only, or not checked.",
		Flags: func(f *pflag.FlagSet) {
			flags.declare(f)
			f.BoolVar(&exitCode, "exit-code", false, "exit with 1 when the plan would do anything, with 7 when not all of it could be compared")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			o, err := flags.options(ctx, env, k)
			if err != nil {
				return err
			}
			p, err := env.Engine.PlanSync(ctx, env.Principal, k, o)
			if err != nil {
				return err
			}
			if env.Format == "json" || env.Format == "yaml" {
				p.Sources = app.HideLogins(p.Sources)
				err = printObject(env.Out, env.Format, &p)
			} else {
				err = errors.Join(printPlan(env.Out, &p), printRetries(ctx, env, &p))
			}
			if err != nil || !exitCode {
				return err
			}
			return comesTo(&p)
		},
	}
}

// comesTo is the outcome of a plan for who asks for its exit status: as with a comparison, what is not known is neither a difference nor
// none, whatever else differs.
func comesTo(p *plan.Plan) error {
	var unknown []error
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Refused != "" && s.Diff.Verdict == diff.NotCompared {
			unknown = append(unknown, notCompared(&s.Diff))
		}
	}
	if len(p.Options.Resources) == 0 {
		unknown = append(unknown, p.Unread...)
	}
	if len(unknown) > 0 {
		return errors.Join(unknown...)
	}
	if !p.Empty() {
		return &Outcome{Status: ExitDifferent, Quiet: true}
	}
	return nil
}

// printPlan writes a plan for a person: where, from what, every step, what stands against it, and the sum.
func printPlan(w io.Writer, p *plan.Plan) error {
	fmt.Fprintf(w, "%s of %s to %s", p.Kind, p.App, p.Destination)
	for _, c := range p.Commits {
		fmt.Fprintf(w, ", %s %s", c.Short(), c.Message)
	}
	fmt.Fprintln(w)
	if len(p.Steps) > 0 {
		rows := make([][]string, 0, len(p.Steps))
		for i := range p.Steps {
			rows = append(rows, planRow(&p.Steps[i]))
		}
		if err := table(w, "PHASE WAVE ACT OBJECT CHECKED WHY", rows); err != nil {
			return err
		}
	}
	for i := range p.Steps {
		for _, text := range p.Steps[i].Diff.Warnings {
			fmt.Fprintf(w, "warning: %s: %s\n", p.Steps[i].Ref, clean(text))
		}
	}
	printUnchecked(w, p)
	for _, n := range p.Notes {
		fmt.Fprintf(w, "note: %s\n", clean(n))
	}
	for _, g := range p.Guards {
		fmt.Fprintf(w, "guard %s: %s\n", g.Name, g.Message)
	}
	fmt.Fprintln(w, planSum(p))
	return nil
}

// printRetries says what becomes of the sync of a plan that fails, where its application has a policy for that.
func printRetries(ctx context.Context, env *Env, p *plan.Plan) error {
	a, err := stored(ctx, env, p.App)
	if again := plan.RetryNote(a.Spec.SyncPolicy); again != "" && !p.Empty() {
		fmt.Fprintln(env.Out, again)
	}
	return err
}

// printUnchecked says which steps the server was not asked about, and why, once for each reason.
func printUnchecked(w io.Writer, p *plan.Plan) {
	var reasons []string
	objects := map[string][]string{}
	for i := range p.Steps {
		why := p.Steps[i].Diff.Unchecked
		if why == "" {
			continue
		}
		if objects[why] == nil {
			reasons = append(reasons, why)
		}
		objects[why] = append(objects[why], p.Steps[i].Title())
	}
	for _, why := range reasons {
		fmt.Fprintf(w, "not checked: %s: %s\n", strings.Join(objects[why], ", "), clean(why))
	}
}

func planRow(s *plan.Step) []string {
	act, why := s.Verb.String(), s.Reason
	switch {
	case s.Unknown():
		act, why = "unknown", s.Refused
	case s.Refused != "":
		why = "refused: " + s.Refused
	}
	how := s.Diff.How
	if s.Diff.Unchecked != "" {
		how = diff.NotChecked
	}
	return []string{s.Phase.String(), fmt.Sprint(s.Wave), act, s.Title(), how.String(), why}
}

// planSum is the last line of a plan: 2 create, 1 change, 34 unchanged.
func planSum(p *plan.Plan) string {
	c := p.Counts()
	var parts []string
	for _, n := range []struct {
		count int
		word  string
	}{
		{c.Create, "create"},
		{c.Change, "change"},
		{c.Own, "take ownership"},
		{c.Replace, "replace"},
		{c.Prune, "prune"},
		{c.Hook, "hook"},
		{c.HandBack, "unmark"},
		{c.Keep, "keep"},
		{c.Unknown, "unknown"},
		{c.Refused, "refused by the server"},
		{p.Unchanged, "unchanged"},
	} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.word))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	if p.Kind == app.KindDelete {
		return strings.ReplaceAll(strings.Join(parts, ", "), "prune", "delete")
	}
	return strings.Join(parts, ", ")
}
