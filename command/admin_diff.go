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
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func adminDiff() Verb {
	var liveFile, desiredFile, ignoreFile string
	return Verb{
		Group: "admin", Name: "diff", Offline: true, Formats: []string{"table", "json", "yaml", "name"},
		Short: "Compare objects in files as a cluster's would be",
		Long: "Compare the objects of two files: what an apply of the desired ones would change in the live ones. Built-in kinds are\n" +
			"merged as the API server does, others list by list; admission and defaults are left out. Live objects should have\n" +
			"their managed fields (kubectl get --show-managed-fields -o yaml), for they say what git has dropped. Exit status 1\n" +
			"says that there is a difference.",
		Example: "  wheelhouse admin diff --live live.yaml --desired desired.yaml --ignore rules.yaml",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&liveFile, "live", "", "`file` with the live objects; - is the standard input")
			f.StringVar(&desiredFile, "desired", "", "`file` with the desired objects; - is the standard input")
			f.StringVar(&ignoreFile, "ignore", "", "`file` with a list of ignoreDifferences, as in an Application's spec")
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
			diffs, err := compareFiles(ctx, env, live, desired, rules)
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
	rules, err := diff.NewRules(list)
	if err != nil {
		return nil, usage(fmt.Errorf("read rules %s: %w", file, err))
	}
	return rules, nil
}

// compareFiles compares every desired object with the live one of its kind and name. Live objects that nobody desires
// are not the files' subject.
func compareFiles(ctx context.Context, env *Env, live, desired []*unstructured.Unstructured, rules *diff.Rules) ([]diff.Diff, error) {
	if len(desired) == 0 {
		return nil, errors.New("the file of desired objects has none")
	}
	var diffs []diff.Diff
	for _, want := range desired {
		in := diff.Input{Desired: want, Live: counterpart(live, want), Rules: rules, Asked: true}
		if in.Live != nil {
			want.SetNamespace(in.Live.GetNamespace())
			m := object.MarkOf(in.Live)
			if in.App, in.Installation = m.App, m.Installation; m.App != "" {
				object.SetMark(want, m.App, m.Installation)
			}
			if in.Predicted, in.Err = env.Predict(want, in.Live); in.Err != nil {
				return nil, fmt.Errorf("compare %s: %w", object.Of(want), in.Err)
			}
		}
		d := diff.Compare(ctx, in)
		if d.How = diff.Proof; d.OutOfSync() {
			diffs = append(diffs, d)
		}
	}
	return diffs, nil
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
