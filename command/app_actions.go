package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// given is a flag value of one name=value each time: whatever is in the value belongs to it, commas and quotes too.
type given map[string]string

func (p *given) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q is not of the form name=value", text)
	}
	if _, twice := (*p)[name]; twice {
		return fmt.Errorf("%s is given twice", name)
	}
	if *p == nil {
		*p = given{}
	}
	(*p)[name] = value
	return nil
}

func (p *given) String() string { return "" }

// Type names the value in help.
func (*given) Type() string { return "name=value" }

// actionFlags name the object of an action, as Argo CD's command line does.
type actionFlags struct {
	ref     object.Ref
	params  given
	yes     bool
	confirm []string
}

func (a *actionFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&a.ref.Kind, "kind", "", "the object's `kind`")
	f.StringVar(&a.ref.Group, "group", "", "the object's API `group`, where kind and name are not enough")
	f.StringVar(&a.ref.Namespace, "namespace", "", "the object's `namespace`, likewise")
	f.StringVar(&a.ref.Name, "resource-name", "", "the object's `name`")
	f.VarP(&a.params, "param", "p", "a parameter of the action, `name=value`; may repeat")
	f.BoolVarP(&a.yes, "yes", "y", false, "do not ask; what is guarded still needs --confirm")
	f.StringArrayVar(&a.confirm, "confirm", nil, "confirm the guard with this `name`; may repeat")
}

func appActions() Verb {
	var flags actionFlags
	return Verb{
		Group: "app", Name: "actions", Args: "list|run NAME [ACTION]", MinArgs: 2, MaxArgs: 3, Formats: []string{"table", "json", "yaml"},
		Short: "Restart, scale, suspend, delete one live object, and the like",
		Long: "List what an object of the application offers, or do it: one request, checked by the API server first and bound to the\n" +
			"object that was seen. In a terminal it is asked about; without one, delete and patch need --yes. To delete what holds\n" +
			"data or other objects (a claim, a volume, a Namespace, a definition, a StatefulSet), or is another application's, its\n" +
			"guard is confirmed as well; so it is to scale a StatefulSet down that has the claims of its Pods deleted (whenScaled). Where\n" +
			"git declares what was changed, self-heal or the next sync puts it back.",
		Example: "  wheelhouse app actions list web --kind Deployment --resource-name web\n" +
			"  wheelhouse app actions run web scale --kind Deployment --resource-name web --param replicas=3",
		Flags: flags.declare,
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[1])
			if err != nil {
				return err
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			switch {
			case args[0] == "list" && len(args) == 2:
				return flags.list(ctx, env, k)
			case args[0] == "run" && len(args) == 3:
				return flags.run(ctx, env, k, args[2])
			}
			return usagef("want: app actions list NAME, or app actions run NAME ACTION")
		},
	}
}

// find returns the one object of the application's tree that the flags mean.
func (a *actionFlags) find(ctx context.Context, env *Env, k app.Key) (object.Ref, error) {
	if a.ref.Kind == "" || a.ref.Name == "" {
		return object.Ref{}, usagef("--kind and --resource-name say which object is meant")
	}
	nodes, err := env.Engine.Tree(ctx, k)
	if err != nil {
		return object.Ref{}, err
	}
	var found []object.Ref
	for _, n := range nodes {
		r := n.Ref
		if strings.EqualFold(r.Kind, a.ref.Kind) && r.Name == a.ref.Name && (a.ref.Group == "" || r.Group == a.ref.Group) &&
			(a.ref.Namespace == "" || r.Namespace == a.ref.Namespace) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return object.Ref{}, fmt.Errorf("%s %s in application %s: %w", a.ref.Kind, a.ref.Name, k, app.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return object.Ref{}, usagef("%d objects are called so; say which with --group and --namespace", len(found))
}

// offered is one line of a list of actions.
type offered struct {
	Name       string   `json:"name"`
	Help       string   `json:"help"`
	Parameters []string `json:"parameters,omitempty"`
	Disabled   string   `json:"disabled,omitempty"`
}

func (a *actionFlags) list(ctx context.Context, env *Env, k app.Key) error {
	ref, err := a.find(ctx, env, k)
	if err != nil {
		return err
	}
	offers, err := env.Engine.Actions(ctx, k, ref)
	if err != nil {
		return err
	}
	list := make([]offered, 0, len(offers))
	rows := make([][]string, 0, len(offers))
	for _, o := range offers {
		line := offered{Name: o.Name, Help: o.Help, Disabled: o.Disabled}
		if err := env.Engine.Allowed(env.Principal, engine.ActOfAction(o.Action)); err != nil && line.Disabled == "" {
			line.Disabled = err.Error()
		}
		for _, p := range o.Parameters {
			line.Parameters = append(line.Parameters, p.Name)
		}
		list = append(list, line)
		rows = append(rows, []string{o.Name, strings.Join(line.Parameters, ","), line.Disabled, o.Help})
	}
	if env.Format == "json" || env.Format == "yaml" {
		return printObject(env.Out, env.Format, list)
	}
	return table(env.Out, "ACTION PARAMETERS DISABLED HELP", rows)
}

func (a *actionFlags) run(ctx context.Context, env *Env, k app.Key, name string) error {
	ref, err := a.find(ctx, env, k)
	if err != nil {
		return err
	}
	pl, err := env.Engine.PlanAction(ctx, env.Principal, k, engine.ActionRequest{Ref: ref, Action: name, Values: a.params})
	if err != nil {
		return err
	}
	printAction(env.Out, &pl)
	switch {
	case a.yes:
	case env.Terminal && ask(env, fmt.Sprintf("%s %s? [y/N] ", name, ref)):
	case env.Terminal:
		return &Outcome{Status: ExitRefused, Err: errors.New("not confirmed: nothing was done")}
	case pl.Action.Class != action.Steer:
		return &Outcome{Status: ExitRefused, Err: fmt.Errorf("%s %s: --yes confirms it", name, ref)}
	}
	if err := env.Engine.Act(ctx, env.Principal, pl, a.confirm); err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "%s %s: done\n", name, ref)
	return nil
}

// printAction tells what an action would do.
func printAction(w io.Writer, pl *engine.ActionPlan) {
	fmt.Fprintf(w, "%s %s: %s\n", pl.Action.Name, pl.Ref, pl.Write.Says)
	for _, c := range pl.Diff.Changes {
		fmt.Fprintf(w, "  %s: %s → %s\n", c.Path, clean(shortValue(c.Old)), clean(shortValue(c.New)))
	}
	for _, g := range pl.Guards {
		fmt.Fprintf(w, "guard %s: %s\n", g.Name, g.Message)
	}
}

// shortValue writes a field's value on one line.
func shortValue(v any) string {
	const longest = 80
	if v == nil {
		return "none"
	}
	s := []rune(fmt.Sprint(v))
	if len(s) > longest {
		return string(s[:longest]) + "…"
	}
	return string(s)
}
