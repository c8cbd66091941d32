package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// set applies flags to an application with this spec and returns the spec that comes of it.
func set(t *testing.T, spec string, args ...string) (string, error) {
	t.Helper()
	var a app.Application
	if err := yaml.Unmarshal([]byte(spec), &a.Spec); err != nil {
		t.Fatal(err)
	}
	var flags specFlags
	f := pflag.NewFlagSet("set", pflag.ContinueOnError)
	flags.declare(f)
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	err := flags.apply(f, &a)
	b, marshal := yaml.Marshal(a.Spec)
	if marshal != nil {
		t.Fatal(marshal)
	}
	return string(b), err
}

func TestFlagsWriteTheSpec(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte("replicas: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		before, after string
		args          []string
	}{
		"a parameter is replaced in its place": {
			"source: {repoURL: r, helm: {parameters: [{name: a, value: '1'}, {name: b, value: '2'}]}}",
			"source: {repoURL: r, helm: {parameters: [{name: a, value: '9'}, {name: b, value: '2'}, {name: c, value: '3', forceString: true}]}}",
			[]string{"-p", "a=9", "--helm-set-string", "c=3"},
		},
		"values come from a file on this machine": {
			"source: {repoURL: r, helm: {valuesObject: {replicas: 1}}}", "source: {repoURL: r, helm: {values: \"replicas: 3\\n\"}}",
			[]string{"--values-literal-file", file},
		},
		"one source of several is named by its position": {
			"sources: [{repoURL: a}, {repoURL: b}]", "sources: [{repoURL: a}, {repoURL: b, targetRevision: v2, helm: {valueFiles: [prod.yaml]}}]",
			[]string{"--source-position", "2", "--revision", "v2", "--values", "prod.yaml"},
		},
		"a policy is switched on before its settings": {
			"{}", "syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [ServerSideApply=true], retry: {limit: 2, backoff: {duration: 5s, factor: 3}}}",
			[]string{
				"--self-heal", "--auto-prune", "--sync-policy", "automated", "--sync-option", "ServerSideApply=true", "--sync-retry-limit", "2",
				"--sync-retry-backoff-duration", "5s", "--sync-retry-backoff-factor", "3",
			},
		},
		"an option is replaced, and removed with a mark": {
			"syncPolicy: {syncOptions: [Prune=false, Validate=false]}", "syncPolicy: {syncOptions: [Prune=true]}",
			[]string{"--sync-option", "Prune=true", "--sync-option", "!Validate"},
		},
		"an image is replaced by its name": {
			"source: {repoURL: r, kustomize: {images: ['web=web:1', 'db:1']}}", "source: {repoURL: r, kustomize: {images: ['web=web:2', 'db:1'], commonLabels: {team: a}}}",
			[]string{"--kustomize-image", "web=web:2", "--kustomize-common-label", "team=a"},
		},
		"a destination has a name or a server": {
			"destination: {name: prod, namespace: web}", "destination: {server: 'https://k.example.com', namespace: web}",
			[]string{"--dest-server", "https://k.example.com"},
		},
		"the server gives way to a name": {
			"destination: {server: 'https://k.example.com'}", "destination: {name: prod}", []string{"--dest-server", "", "--dest-name", "prod"},
		},
		"Jsonnet takes variables": {
			"source: {repoURL: r}", "source: {repoURL: r, directory: {recurse: true, jsonnet: {extVars: [{name: a, value: '1', code: true}], libs: [lib]}}}",
			[]string{"--jsonnet-ext-var-code", "a=1", "--jsonnet-libs", "lib", "--directory-recurse"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := set(t, c.before, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := set(t, c.after)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFlagsThatCannotBeWrittenAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec string
		args []string
		says string
	}{
		"a cluster that is named twice":       {"{}", []string{"--dest-name", "prod", "--dest-server", "https://k.example.com"}, "--dest-server and --dest-name both name the cluster"},
		"a parameter without a value":         {"{}", []string{"--helm-set", "a"}, `--helm-set: "a" is not of the form key=value`},
		"a policy that is none":               {"{}", []string{"--sync-policy", "sometimes"}, `--sync-policy: "sometimes" is neither`},
		"a setting of a policy that is off":   {"{}", []string{"--self-heal"}, "--self-heal: the application is not automated"},
		"a source of several that is unnamed": {"sources: [{repoURL: a}, {repoURL: b}]", []string{"--path", "x"}, "--path: the application has 2 sources: say which"},
		"a source that is not there":          {"sources: [{repoURL: a}]", []string{"--path", "x", "--source-position", "2"}, "--path: the application has no source at position 2: there are 1"},
		"a file that is not there":            {"{}", []string{"--values-literal-file", "/nowhere"}, "--values-literal-file: open /nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := set(t, c.spec, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.says) || ExitStatus(err) != ExitUsage {
				t.Errorf("got %v (%d), want wrong usage that says %q", err, ExitStatus(err), c.says)
			}
		})
	}
}
