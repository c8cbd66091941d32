package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func valid() app.Application {
	return app.Application{
		Metadata: app.Metadata{Name: "web"},
		Spec: app.Spec{
			Destination: app.Destination{Name: "home", Namespace: "web"},
			Source:      &app.Source{RepoURL: "https://git.example.com/shop.git", Path: "deploy"},
		},
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	negative, zero := int64(-1), int64(0)
	tests := map[string]struct {
		change func(*app.Application)
		want   []string
	}{
		"a plain application is valid":      {func(*app.Application) {}, nil},
		"the root of a repository is valid": {func(a *app.Application) { a.Spec.Source.Path = "." }, nil},
		"an OCI artifact needs no path": {
			func(a *app.Application) { a.Spec.Source = &app.Source{RepoURL: "oci://r.example.com/x"} }, nil,
		},
		"a bare number of seconds is a duration": {
			func(a *app.Application) {
				a.Spec.SyncPolicy = &app.SyncPolicy{Retry: &app.Retry{Limit: -1, Backoff: &app.Backoff{Duration: "5", MaxDuration: "3m"}}}
			}, nil,
		},
		"a name":     {func(a *app.Application) { a.Metadata.Name = "Web_1" }, []string{"metadata.name"}},
		"no name":    {func(a *app.Application) { a.Metadata.Name = "" }, []string{"metadata.name"}},
		"no cluster": {func(a *app.Application) { a.Spec.Destination.Name = "" }, []string{"spec.destination"}},
		"two clusters": {
			func(a *app.Application) { a.Spec.Destination.Server = "https://c" }, []string{"spec.destination"},
		},
		"a server that is a name": {
			func(a *app.Application) { a.Spec.Destination = app.Destination{Server: "home"} }, []string{"spec.destination.server"},
		},
		"no source":                  {func(a *app.Application) { a.Spec.Source = nil }, []string{"spec.source"}},
		"no place in the repository": {func(a *app.Application) { a.Spec.Source.Path = "" }, []string{"spec.source"}},
		"path and chart": {
			func(a *app.Application) { a.Spec.Source.Chart = "c"; a.Spec.Source.TargetRevision = "1" }, []string{"spec.source"},
		},
		"a chart without a version": {
			func(a *app.Application) { a.Spec.Source = &app.Source{RepoURL: "u", Chart: "c"} },
			[]string{"spec.source.targetRevision"},
		},
		"a chart of a git repository": {
			func(a *app.Application) {
				a.Spec.Source = &app.Source{RepoURL: "ssh://git@example.com/charts", Chart: "c", TargetRevision: "*"}
			},
			[]string{"spec.source.repoURL"},
		},
		"a path out of the repository": {
			func(a *app.Application) { a.Spec.Source.Path = "a/../../b" }, []string{"spec.source.path"},
		},
		"an absolute path": {func(a *app.Application) { a.Spec.Source.Path = "/a" }, []string{"spec.source.path"}},
		"two tools": {
			func(a *app.Application) {
				a.Spec.Source.Helm, a.Spec.Source.Directory = &app.HelmSource{}, &app.DirectorySource{}
			}, []string{"spec.source"},
		},
		"the same ref twice, a chart with a ref, a strange ref": {
			func(a *app.Application) {
				a.Spec.Sources = []app.Source{
					{RepoURL: "u", Ref: "v"}, {RepoURL: "w", Ref: "v"}, {RepoURL: "u", Chart: "c", TargetRevision: "1", Ref: "x"}, {RepoURL: "u", Ref: "a b"},
				}
			}, []string{"spec.sources[1].ref", "spec.sources[2].ref", "spec.sources[3].ref"},
		},
		"the retry policy": {
			func(a *app.Application) {
				a.Spec.SyncPolicy = &app.SyncPolicy{Retry: &app.Retry{Limit: -2, Backoff: &app.Backoff{
					Duration: "soon", MaxDuration: "-3s", Factor: &zero,
				}}}
			},
			[]string{
				"spec.syncPolicy.retry.limit", "spec.syncPolicy.retry.backoff.duration", "spec.syncPolicy.retry.backoff.maxDuration",
				"spec.syncPolicy.retry.backoff.factor",
			},
		},
		"ignored differences": {
			func(a *app.Application) {
				a.Spec.IgnoreDifferences = []app.IgnoreDifference{{JSONPointers: []string{"spec"}}, {Kind: "*"}}
			},
			[]string{"spec.ignoreDifferences[0].kind", "spec.ignoreDifferences[0].jsonPointers[0]", "spec.ignoreDifferences[1]"},
		},
		"options of the tools": {
			func(a *app.Application) {
				a.Spec.Sources = []app.Source{
					{RepoURL: "u", Path: "a", Helm: &app.HelmSource{
						Parameters: []app.HelmParameter{{Value: "1"}}, FileParameters: []app.HelmFileParameter{{Name: "f"}},
					}},
					{RepoURL: "u", Path: "b", Kustomize: &app.KustomizeSource{
						Replicas: []app.KustomizeReplica{{Count: "many"}, {Name: "web", Count: int64(3)}},
						Patches:  []app.KustomizePatch{{}},
					}},
				}
			},
			[]string{
				"spec.sources[0].helm.parameters[0].name", "spec.sources[0].helm.fileParameters[0]",
				"spec.sources[1].kustomize.replicas[0].name", "spec.sources[1].kustomize.replicas[0].count",
				"spec.sources[1].kustomize.patches[0]",
			},
		},
		"everything at once": {
			func(a *app.Application) { *a = app.Application{Spec: app.Spec{RevisionHistoryLimit: &negative}} },
			[]string{"metadata.name", "spec.destination", "spec.source", "spec.revisionHistoryLimit"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := valid()
			tt.change(&a)
			var got []string
			if err := a.Validate(); err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					path, _, _ := strings.Cut(line, ": ")
					got = append(got, path)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s\n%v", diff, a.Validate())
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"metadata": {"name": "web", "managedFields": []}, "extra": 1, "spec": {"sourceHydrator": {}, "source": {"repoURL": "u"},
		"sources": [{"repoURL": "u"}, {"repoURL": "u", "targetRevison": "v1", "helm": {"valuesObject": {"any": 1}}}],
		"syncPolicy": {"syncOptions": ["CreateNamespace=true", "Prune=confirm", "CreateNamespaces=true", "PruneLast=yes", "Replace", "Force=true", "Prune=false"]}}}`)
	want := []string{
		"spec.source: is not used, since sources is given",
		`spec.syncPolicy.syncOptions[2]: "CreateNamespaces" is not a known sync option; it has no effect`,
		"spec.syncPolicy.syncOptions[3]: PruneLast=yes has no effect: use true, false",
		`spec.syncPolicy.syncOptions[4]: "Replace" has no value: write NAME=VALUE`,
		"spec.syncPolicy.syncOptions[5]: Force has no effect here, as in Argo CD: write it in the annotation sync-options of the objects that it is meant for",
		"spec.syncPolicy.syncOptions[6]: Prune=false contradicts Prune=confirm: keep one of them",
		"spec.sources[1].targetRevison: is not a known field; it is kept and has no effect",
	}
	if diff := cmp.Diff(want, a.Warnings()); diff != "" {
		t.Error(diff)
	}
	b := valid()
	if got := b.Warnings(); got != nil {
		t.Errorf("a plain application has warnings: %q", got)
	}
}

func TestUnsupported(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"metadata": {"name": "web"}, "spec": {"sourceHydrator": {"drySource": {}}, "sources": [{"repoURL": "u"},
		{"repoURL": "u", "plugin": {"name": "p"}, "kustomize": {"version": "v5"}}],
		"syncPolicy": {"syncOptions": ["Validate=false", "RespectIgnoreDifferences=true"]}},
		"operation": {"sync": {"manifests": ["x"], "syncStrategy": {"apply": {}}}}}`)
	var got []string
	for _, u := range app.Unsupported(&a) {
		path, _, _ := strings.Cut(u, ": ")
		got = append(got, path)
	}
	want := []string{
		"spec.sourceHydrator", "spec.syncPolicy.syncOptions", "spec.sources[1].kustomize.version", "operation.sync.manifests",
		"operation.sync.syncStrategy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b := parse(t, `{"spec": {"source": {"repoURL": "u"}}, "operation": {"sync": {"syncStrategy": {"hook": {}}}}}`)
	if got := app.Unsupported(&b); got != nil {
		t.Errorf("a plain application has unsupported fields: %q", got)
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 0, "5": 5 * time.Second, "3m": 3 * time.Minute} {
		if got, err := app.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v", text, got, err)
		}
	}
}
