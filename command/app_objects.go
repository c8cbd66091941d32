package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func appManifests() Verb {
	var source string
	var flags lookFlags
	return Verb{
		Group: "app", Name: "manifests", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"yaml", "json", "name"},
		Short: "Print the manifests of an application",
		Long: "Print the objects that git asks for, or with --source live those in the cluster. Data of Secrets is left out.\n" +
			"--revision and --local render something else than what is followed; nothing is compared or written.",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&source, "source", "git", "`git` or live")
			flags.declare(f)
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			from := engine.FromGit
			switch source {
			case "git":
			case "live":
				from = engine.FromLive
			default:
				return usagef("--source is git or live, not %q", source)
			}
			if flags.given() && from == engine.FromLive {
				return usagef("--source live is what is in the cluster, whatever the revision")
			}
			objects, err := flags.manifests(ctx, env, k, from)
			if err != nil {
				return err
			}
			return printManifests(env.Out, env.Format, objects)
		},
	}
}

// manifests returns an application's objects as the flags ask for them.
func (l *lookFlags) manifests(
	ctx context.Context, env *Env, k app.Key, from engine.ManifestSource,
) ([]*unstructured.Unstructured, error) {
	if !l.given() {
		if _, err := env.Engine.Refresh(ctx, k); err != nil {
			return nil, err
		}
		return env.Engine.Manifests(ctx, k, from, "")
	}
	at, done, err := l.lookAt(ctx, env, k)
	if err != nil {
		return nil, err
	}
	objects, err := env.Engine.ManifestsAt(ctx, k, at)
	return objects, errors.Join(err, done())
}

func printManifests(w io.Writer, format string, objects []*unstructured.Unstructured) error {
	switch format {
	case "json":
		return printObject(w, format, objects)
	case "name":
		for _, u := range objects {
			fmt.Fprintln(w, object.Of(u))
		}
		return nil
	}
	for _, u := range objects {
		fmt.Fprintf(w, "---\n%s", diff.YAML(u))
	}
	return nil
}

func appResources() Verb {
	var refresh bool
	return Verb{
		Group: "app", Name: "resources", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Formats: []string{"table", "tree", "json", "yaml", "name"},
		Short:   "List the objects of an application",
		Long: "List the directly managed objects with their status; -o tree shows what belongs to them, live: what they own, and by their\n" +
			"names or annotations the claims of a StatefulSet, the tokens of a ServiceAccount and the Endpoints of a Service.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&refresh, "refresh", true, "compare with the cluster first")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			v, err := oneView(ctx, env, args[0], refreshing(refresh, false))
			if err != nil {
				return err
			}
			switch env.Format {
			case "json", "yaml":
				return printObject(env.Out, env.Format, v.App.Status.Resources)
			case "name":
				for _, r := range v.App.Status.Resources {
					fmt.Fprintln(env.Out, r.Ref())
				}
				return nil
			case "tree":
				nodes, err := env.Engine.Tree(ctx, v.App.Key())
				if err != nil {
					return err
				}
				return printTree(env, nodes)
			}
			return printResources(env.Out, v.App.Status.Resources)
		},
	}
}

func appLogs() Verb {
	var req object.LogRequest
	var kind, name string
	return Verb{
		Group: "app", Name: "logs", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Print the logs of an application's Pods",
		Flags: func(f *pflag.FlagSet) {
			f.StringVarP(&req.Container, "container", "c", "", "only this `container`")
			f.StringVar(&kind, "kind", "", "only Pods below an object of this `kind`")
			f.StringVar(&name, "name", "", "only Pods below an object of this `name`")
			f.BoolVarP(&req.Follow, "follow", "f", false, "go on as lines are written (of one Pod)")
			f.BoolVarP(&req.Previous, "previous", "p", false, "of the container before its last restart")
			f.Int64Var(&req.Tail, "tail", 100, "`lines` from the end; 0 is all")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			nodes, err := env.Engine.Tree(ctx, k)
			if err != nil {
				return err
			}
			pods := podsBelow(nodes, kind, name)
			if len(pods) == 0 {
				return fmt.Errorf("%s has no Pods that match: %w", k, errNoPods)
			}
			if req.Follow && len(pods) > 1 {
				env.say("following %s; %d other Pods are left out", pods[0].Ref, len(pods)-1)
				pods = pods[:1]
			}
			for _, pod := range pods {
				if err := printLogs(ctx, env, k, pod, req, len(pods) > 1); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// podsBelow returns the Pods of a tree, or only those below an object of a kind and name.
func podsBelow(nodes []engine.TreeNode, kind, name string) []engine.TreeNode {
	var out []engine.TreeNode
	depth := -1
	for _, n := range nodes {
		if depth >= 0 && n.Depth <= depth {
			depth = -1
		}
		matches := (kind == "" || strings.EqualFold(n.Ref.Kind, kind)) && (name == "" || n.Ref.Name == name)
		if depth < 0 && matches {
			depth = n.Depth
		}
		if depth >= 0 && n.Ref.Kind == "Pod" {
			out = append(out, n)
		}
	}
	return out
}

func appEvents() Verb {
	var kind, name string
	return Verb{
		Group: "app", Name: "events", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table"},
		Short: "List the newest events of an application's objects",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&kind, "kind", "", "only of objects of this `kind`")
			f.StringVar(&name, "name", "", "only of objects of this `name`")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			nodes, err := env.Engine.Tree(ctx, k)
			if err != nil {
				return err
			}
			var rows [][]string
			for _, n := range nodes {
				if kind != "" && !strings.EqualFold(kind, n.Ref.Kind) || name != "" && name != n.Ref.Name {
					continue
				}
				events, err := env.Engine.Events(ctx, k, n.Ref)
				if err != nil {
					return err
				}
				for _, e := range events {
					rows = append(rows, eventRow(e, n.Ref))
				}
			}
			slices.SortStableFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
			return table(env.Out, "TIME TYPE REASON OBJECT MESSAGE", rows)
		},
	}
}

func eventRow(e *unstructured.Unstructured, ref object.Ref) []string {
	text := func(field string) string {
		s, _, _ := unstructured.NestedString(e.Object, field)
		return s
	}
	at := text("lastTimestamp")
	if at == "" {
		at = text("eventTime")
	}
	return []string{at, text("type"), text("reason"), ref.String(), text("message")}
}
