package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// spec reads the spec of an application as a script would.
func (p *program) spec(name string) map[string]any {
	p.t.Helper()
	var a struct{ Spec map[string]any }
	if err := json.Unmarshal([]byte(p.must("app", "get", name, "-o", "json")), &a); err != nil {
		p.t.Fatal(err)
	}
	return a.Spec
}

var webFlags = []string{
	"app", "create", "web", "--repo", "https://git.example.com/charts.git", "--path", "web", "--dest-name", "prod",
	"--dest-namespace", "web",
}

func TestFlagsOfTheSpec(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags []string
		spec  string
	}{
		"Helm": {
			[]string{
				"--values", "a.yaml", "--values", "b.yaml", "--helm-set", "replicas=2", "--helm-set", "replicas=3",
				"--helm-set-string", "port=80", "--helm-set-file", "page=index.html", "--release-name", "shop",
				"--values-literal", "a: 1", "--helm-skip-crds", "--ignore-missing-value-files",
			},
			`source: {helm: {valueFiles: [a.yaml, b.yaml], parameters: [{name: replicas, value: "3"}, {name: port, value: "80",
			forceString: true}], fileParameters: [{name: page, path: index.html}], releaseName: shop, values: "a: 1", skipCrds: true,
			ignoreMissingValueFiles: true}}`,
		},
		"Kustomize": {
			[]string{
				"--kustomize-image", "nginx=registry.example.com/nginx:1", "--kustomize-image", "nginx:2",
				"--kustomize-replica", "web=4", "--nameprefix", "a-", "--namesuffix", "-b", "--kustomize-namespace", "front",
			},
			`source: {kustomize: {images: ["nginx:2"], replicas: [{name: web, count: "4"}], namePrefix: a-, nameSuffix: -b, namespace: front}}`,
		},
		"a plain folder": {
			[]string{"--directory-recurse", "--directory-include", "*.yaml", "--directory-exclude", "x/*"},
			`source: {directory: {recurse: true, include: "*.yaml", exclude: "x/*"}}`,
		},
		"the policy": {
			[]string{
				"--self-heal", "--auto-prune", "--sync-policy", "automated", "--sync-option", "CreateNamespace=true", "--sync-option",
				"CreateNamespace=false", "--sync-retry-limit", "5",
			},
			`syncPolicy: {automated: {prune: true, selfHeal: true}, syncOptions: [CreateNamespace=false], retry: {limit: 5}}`,
		},
		"the revision": {[]string{"--revision", "v1.x"}, `source: {targetRevision: v1.x}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			p.must(append(webFlags, c.flags...)...)
			want := map[string]any{}
			if err := yaml.Unmarshal([]byte(c.spec), &want); err != nil {
				t.Fatal(err)
			}
			got := p.spec("web")
			for part, w := range want {
				if part == "source" {
					m, ok := w.(map[string]any)
					if !ok {
						t.Fatalf("the wanted source is a %T", w)
					}
					m["repoURL"], m["path"] = "https://git.example.com/charts.git", "web"
				}
				if d := cmp.Diff(w, got[part]); d != "" {
					t.Errorf("%s (-want +got):\n%s", part, d)
				}
			}
		})
	}
}

func TestFlagsThatCannotBe(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for name, c := range map[string]struct {
		flags []string
		says  []string
	}{
		"a parameter without a value":       {[]string{"--helm-set", "replicas"}, []string{"--helm-set", "key=value"}},
		"a policy of another name":          {[]string{"--sync-policy", "often"}, []string{"often", "automated", "none"}},
		"a setting of no policy":            {[]string{"--self-heal"}, []string{"--self-heal", "--sync-policy automated"}},
		"a label without a value":           {[]string{"--label", "team"}, []string{"--label", "key=value"}},
		"Helm and Kustomize at once":        {[]string{"--release-name", "a", "--nameprefix", "b"}, []string{"helm", "kustomize"}},
		"a values text that is no YAML":     {[]string{"--values-literal", "a: [1"}, []string{"values"}},
		"a namespace that cannot be one":    {[]string{"--dest-namespace", "Web_1"}, []string{"Web_1"}},
		"a path that leaves the repository": {[]string{"--path", "../x"}, []string{"../x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := p.in(t)
			contains(t, p.expect(2, append(webFlags, c.flags...)...).err, c.says...)
			p.expect(3, "app", "get", "web")
		})
	}
}

func TestANamedStoreThatIsMadeIsSaidToBe(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	store := "file:" + filepath.Join(p.home, "mistyped")
	contains(t, p.expect(0, "--store", store, "app", "list").err, "made a new store", "mistyped")
	if again := p.expect(0, "--store", store, "app", "list").err; strings.Contains(again, "made") {
		t.Errorf("the store is there, and yet: %s", again)
	}
}

func TestALifeInTheStore(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	contains(t, p.expect(0, "app", "list").err, "no applications", "wheelhouse app create")
	p.must(webFlags...)
	t.Run("it is listed, without any cluster", func(t *testing.T) {
		p := p.in(t)
		contains(t, p.must("app", "list"), "web", "Unknown")
		if got := p.must("app", "list", "-o", "name"); got != "web\n" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("it is chosen by its labels", func(t *testing.T) {
		p := p.in(t)
		p.must("app", "set", "web", "--label", "team=shop")
		for selector, want := range map[string]string{"team=shop": "web\n", "team in (shop, bank), !owner": "web\n", "team!=shop": ""} {
			if got := p.must("app", "list", "-o", "name", "-l", selector); got != want {
				t.Errorf("-l %q gave %q, want %q", selector, got, want)
			}
		}
		contains(t, p.expect(2, "app", "list", "-l", "team=(").err, "--selector")
	})
	t.Run("a second of that name is refused, and replaces it with --upsert", func(t *testing.T) {
		p := p.in(t)
		contains(t, p.expect(6, append(webFlags, "--revision", "next")...).err, "web", "exists")
		p.must(append(webFlags, "--revision", "next", "--upsert")...)
		contains(t, p.must("app", "get", "web"), "next")
	})
	t.Run("set changes what it names and keeps comments", func(t *testing.T) {
		p := p.in(t)
		path := filepath.Join(p.store, "web.yaml")
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append([]byte("# The shop's front.\n"), before...), 0o600); err != nil {
			t.Fatal(err)
		}
		p.must("app", "set", "web", "--revision", "v2")
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, string(after), "# The shop's front.\n", "targetRevision: v2", "path: web")
	})
	t.Run("what cannot be together is wrong usage", func(t *testing.T) {
		p := p.in(t)
		p.must("app", "set", "web", "--helm-set", "a=1")
		contains(t, p.expect(2, "app", "set", "web", "--kustomize-image", "web=web:2").err, "options of several tools: helm, kustomize; keep one")
		contains(t, p.must("app", "get", "web", "-o", "yaml"), "helm:")
		p.must("app", "set", "web", "--helm-set", "a=")
	})
	t.Run("read-only changes nothing", func(t *testing.T) {
		p := p.in(t)
		for _, args := range [][]string{{"app", "set", "web", "--revision", "v3"}, {"app", "delete", "web", "--yes"}} {
			contains(t, p.expect(6, append(args, "--read-only")...).err, "--read-only")
		}
		contains(t, p.must("app", "get", "web"), "v2")
	})
	t.Run("history of nothing says so", func(t *testing.T) {
		contains(t, p.in(t).expect(0, "app", "history", "web").err, "nothing has been done")
	})
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	const doc = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  project: default
  source: {repoURL: "https://git.example.com/shop.git", path: deploy}
  destination: {name: prod, namespace: shop}
`
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		contains(t, p.must("app", "create", "-f", p.write("shop.yaml", doc)), "shop created")
		contains(t, p.must("app", "get", "shop"), "https://git.example.com/shop.git")
	})
	t.Run("the standard input, with flags on top", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		p.reads(doc).must("app", "create", "-f", "-", "--revision", "v1")
		contains(t, p.must("app", "get", "shop"), "@ v1")
	})
	t.Run("one that is not there", func(t *testing.T) {
		t.Parallel()
		contains(t, newProgram(t).expect(3, "app", "create", "-f", "gone.yaml").err, "gone.yaml")
	})
	t.Run("an expression that is no jq is refused", func(t *testing.T) {
		p := newProgram(t)
		file := p.write("shop.yaml", doc+"  ignoreDifferences: [{kind: ConfigMap, jqPathExpressions: ['.data[']}]\n")
		contains(t, p.expect(2, "app", "create", "-f", file).err, "create shop: spec.ignoreDifferences: jq expression", ".data[")
		p.expect(3, "app", "get", "shop")
	})
	t.Run("one that is no YAML is named with its line", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		contains(t, p.expect(2, "app", "create", "-f", p.write("shop.yaml", doc+" x: [\n")).err, "shop.yaml:")
	})
	t.Run("one in the store that is no YAML is told beside the others", func(t *testing.T) {
		t.Parallel()
		p := newProgram(t)
		p.must(webFlags...)
		p.write("applications/torn.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {\n")
		r := p.expect(0, "app", "list")
		contains(t, r.out, "web")
		contains(t, r.err, "torn.yaml")
	})
}
