package command

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func adminDiff() Verb {
	var liveFile, desiredFile, ignoreFile, owner string
	return Verb{
		Group: "admin", Name: "diff", Offline: true, Formats: []string{"table", "json", "yaml", "name"},
		Short: "Compare objects in files as a cluster's would be",
		Long: "Compare the objects of two files as an application's are compared: what an apply of the desired ones would change in\n" +
			"the live ones. Built-in kinds are merged as the API server does, others list by list; what only a server knows,\n" +
			"admission and the defaults of new fields, is left out, and so is what it would refuse. Live objects should have\n" +
			"their managed fields (kubectl get --show-managed-fields -o yaml), for they say what git has dropped, and be of the\n" +
			"version of the desired ones, for only a server converts them (kubectl get KIND.VERSION.GROUP). With --app,\n" +
			"live objects that carry another application's mark are foreign, and those of this one that nobody desires are to\n" +
			"be pruned. Hooks, and what argocd.argoproj.io/hook: Skip leaves out, are not compared. Exit status 1 says that there\n" +
			"is a difference.",
		Example: "  wheelhouse admin diff --live live.yaml --desired desired.yaml --ignore rules.yaml",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&liveFile, "live", "", "`file` with the live objects; - is the standard input")
			f.StringVar(&desiredFile, "desired", "", "`file` with the desired objects; - is the standard input")
			f.StringVar(&ignoreFile, "ignore", "", "`file` with a list of ignoreDifferences, as in an Application's spec")
			f.StringVar(&owner, "app", "", "`name` of the application whose objects these are; without it that of each live object's mark")
		},
		Run: func(ctx context.Context, env *Env, _ []string) error {
			if liveFile == "" || desiredFile == "" || liveFile == "-" && desiredFile == "-" {
				return usagef("admin diff needs --live FILE and --desired FILE, and at most one of them is -")
			}
			rules, err := readRules(env, ignoreFile)
			if err != nil {
				return err
			}
			live, err := env.readObjects(ctx, liveFile)
			if err != nil {
				return err
			}
			desired, err := env.readObjects(ctx, desiredFile)
			if err != nil {
				return err
			}
			f := files{merge: env.Merge, rules: rules, app: owner, live: live}
			diffs, err := f.compare(ctx, desired)
			if err != nil {
				return err
			}
			if err := printDiffs(env, diffs); err != nil {
				return err
			}
			if len(diffs) > 0 {
				return &Outcome{Status: ExitDifferent, Quiet: true}
			}
			return nil
		},
	}
}

// readRules reads a list of ignoreDifferences, or a document that has one under that name.
func readRules(env *Env, file string) (*diff.Rules, error) {
	var list []app.IgnoreDifference
	if file != "" {
		text, err := readInput(env, file)
		if err != nil {
			return nil, err
		}
		if err := yaml.UnmarshalStrict(text, &list); err != nil {
			var doc struct {
				IgnoreDifferences []app.IgnoreDifference `json:"ignoreDifferences"`
			}
			if yaml.UnmarshalStrict(text, &doc) != nil {
				return nil, usage(fmt.Errorf("read rules %s: %w", file, err))
			}
			list = doc.IgnoreDifferences
		}
	}
	rules, err := env.Rules.Rules(list)
	if err != nil {
		return nil, usage(fmt.Errorf("read rules %s: %w", file, err))
	}
	return rules, nil
}

// files are live objects that others are compared with.
type files struct {
	merge compare.Cluster
	rules *diff.Rules
	// app is the application whose objects are desired; empty is that of each live object.
	app  string
	live []*unstructured.Unstructured
}

// compare compares every desired object that is no hook with the live one of its kind and name, as an engine does. Without an application
// live objects that nobody desires are not the files' subject.
func (f files) compare(ctx context.Context, desired []*unstructured.Unstructured) ([]diff.Diff, error) {
	if len(desired) == 0 {
		return nil, errors.New("the file of desired objects has none")
	}
	var diffs []diff.Diff
	wanted := map[object.Ref]bool{}
	for _, u := range desired {
		if plan.IsHook(u) {
			// It runs instead of being kept; what is live under its name is not what nobody desires.
			if live := counterpart(f.live, u); live != nil {
				wanted[object.Of(live)] = true
			}
			continue
		}
		d, err := f.one(ctx, diff.Normalise(u))
		if err != nil {
			return nil, err
		}
		wanted[d.Ref] = true
		if d.OutOfSync() {
			diffs = append(diffs, d)
		}
	}
	for _, u := range f.live {
		if f.app != "" && !wanted[object.Of(u)] && plan.Extra(u, f.app, object.MarkOf(u).Installation) {
			diffs = append(diffs, diff.Extra(u))
		}
	}
	return diffs, nil
}

func (f files) one(ctx context.Context, want *unstructured.Unstructured) (diff.Diff, error) {
	live := counterpart(f.live, want)
	c := compare.Comparer{
		Cluster: f.merge, App: f.app, Rules: f.rules,
		Takes: func(want *unstructured.Unstructured) []string { return plan.Takes(&app.Application{}, want) },
	}
	if live != nil {
		want.SetNamespace(live.GetNamespace())
		m := object.MarkOf(live)
		c.Installation = m.Installation
		if c.App == "" {
			c.App = m.App
		}
		if c.App != "" {
			object.SetMark(want, c.App, c.Installation)
		}
	}
	d, _, err := c.Compare(ctx, want, live)
	if err == nil && d.Verdict == diff.NotCompared {
		err = notCompared(&d)
	}
	return d, err
}

// counterpart finds the live object of a desired one. One that names no namespace is in the live object's.
func counterpart(live []*unstructured.Unstructured, want *unstructured.Unstructured) *unstructured.Unstructured {
	i := slices.IndexFunc(live, func(u *unstructured.Unstructured) bool {
		a, b := object.Of(u), object.Of(want)
		if b.Namespace == "" {
			a.Namespace = ""
		}
		return a == b
	})
	if i < 0 {
		return nil
	}
	return live[i]
}
