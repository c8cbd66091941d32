package render_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// hashed is a repository that knows the hashes of its content, as one of git does.
type hashed struct{ fs.FS }

// Hash is equal where content is equal, all the way down.
func (h hashed) Hash(name string) (string, bool) {
	sum := sha256.New()
	err := fs.WalkDir(h.FS, name, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			_, _ = fmt.Fprintln(sum, strings.TrimPrefix(at, name))
			return err
		}
		b, err := fs.ReadFile(h.FS, at)
		_, _ = fmt.Fprintf(sum, "%s %q\n", strings.TrimPrefix(at, name), b)
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil)), err == nil
}

// variation is a second request, and whether it is rendered anew.
type variation struct {
	files  repo
	source app.Source
	change func(*app.RenderRequest)
	anew   bool
}

func moreFiles(files repo) func(*app.RenderRequest) {
	return func(r *app.RenderRequest) {
		base := repo{}
		_ = fs.WalkDir(r.Files, ".", func(name string, d fs.DirEntry, _ error) error {
			if !d.IsDir() {
				b, _ := fs.ReadFile(r.Files, name)
				base[name] = string(b)
			}
			return nil
		})
		r.Files = base.with(files).fs()
	}
}

func anotherCommit(r *app.RenderRequest) { r.Commit.ID = strings.Repeat("a", 40) }

func anotherRevision(r *app.RenderRequest) { r.Source.TargetRevision = "v2" }

func anotherVersion(r *app.RenderRequest) { r.Capabilities.KubeVersion = "v1.36.0" }

func anotherAPI(r *app.RenderRequest) {
	r.Capabilities.APIVersions = append([]string{"example.com/v1"}, r.Capabilities.APIVersions...)
}

var (
	page     = repo{"app/page.yaml": configMap("page", "x"), "app/deep/er.yaml": configMap("er", "x"), "other/x.yaml": "x"}
	plainApp = app.Source{Path: "app"}
	still    = repo{
		"web/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.2.3\n", "web/values.yaml": "value: x\n", "web/templates/page.yaml": configMap("page", "{{ .Values.value }}"),
	}
	imports = repo{
		"app/a.jsonnet": `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: import "name.libsonnet"}}`, "lib/name.libsonnet": `"x"`,
	}
	importing = app.Source{Path: "app", Directory: &app.DirectorySource{Jsonnet: &app.JsonnetSource{Libs: []string{"lib"}}}}
)

func asking(question string) repo {
	return still.with(repo{"web/templates/asks.yaml": configMap("asks", `"{{ `+question+` }}"`)})
}

func parameter(value string) app.Source {
	return helm(app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: value}}})
}

var variations = map[string]variation{
	"nothing":                                    {page, plainApp, nil, false},
	"a file that was read":                       {page, plainApp, moreFiles(repo{"app/page.yaml": configMap("page", "y")}), true},
	"a file in a folder that was not asked":      {page, plainApp, moreFiles(repo{"other/x.yaml": "y"}), false},
	"a file deep below a folder that was listed": {page, plainApp, moreFiles(repo{"app/deep/er.yaml": configMap("er", "y")}), false},
	"a name in a folder that was listed":         {page, plainApp, moreFiles(repo{"app/new.txt": "y"}), true},
	"a folder below one that was listed":         {page, plainApp, moreFiles(repo{"app/new/x.txt": "y"}), true},
	"a file over the source":                     {page, plainApp, moreFiles(repo{"app/.argocd-source.yaml": "directory: {recurse: true}\n"}), true},
	"a file over this application's source":      {still, helm(app.HelmSource{}), moreFiles(repo{"web/.argocd-source-web.yaml": "helm: {values: \"value: y\"}\n"}), true},
	"the content of a file over the source": {
		page.with(repo{"app/.argocd-source.yaml": "directory: {recurse: true}\n"}), plainApp, moreFiles(repo{"app/.argocd-source.yaml": "directory: {recurse: false}\n"}), true,
	},

	"a values file that was looked for in vain": {
		still, helm(app.HelmSource{ValueFiles: []string{"gone.yaml"}, IgnoreMissingValueFiles: true}), moreFiles(repo{"web/gone.yaml": "value: y\n"}), true,
	},
	"a file that the chart ignores": {
		still.with(repo{"web/.helmignore": "notes.md\n", "web/notes.md": "x"}), helm(app.HelmSource{}), moreFiles(repo{"web/notes.md": "y"}), false,
	},
	"the commit":                                  {still, helm(app.HelmSource{}), anotherCommit, false},
	"the commit, which a parameter names":         {still, parameter("$ARGOCD_APP_REVISION_SHORT"), anotherCommit, true},
	"the commit, which a parameter does not name": {still, parameter("$$ARGOCD_APP_REVISION"), anotherCommit, false},
	"the commit, which a file over the source names": {
		still.with(repo{"web/.argocd-source.yaml": "helm: {parameters: [{name: value, value: \"${ARGOCD_APP_REVISION}\"}]}\n"}), helm(app.HelmSource{}), anotherCommit, true,
	},
	"the revision":                          {still, helm(app.HelmSource{}), anotherRevision, false},
	"the revision, which a parameter names": {still, parameter("$ARGOCD_APP_SOURCE_TARGET_REVISION"), anotherRevision, true},
	"the application's name":                {still, helm(app.HelmSource{}), func(r *app.RenderRequest) { r.App.Name = "other" }, true},
	"the namespace":                         {still, helm(app.HelmSource{}), func(r *app.RenderRequest) { r.Namespace = "other" }, true},
	"an edit":                               {still, helm(app.HelmSource{}), func(r *app.RenderRequest) { r.Overlay = map[string][]byte{"web/values.yaml": []byte("value: y")} }, true},

	"the version":                                   {still, helm(app.HelmSource{}), anotherVersion, false},
	"the version, which a template names":           {asking(".Capabilities.KubeVersion.Minor"), helm(app.HelmSource{}), anotherVersion, true},
	"the version, which the chart wants":            {still.with(repo{"web/Chart.yaml": still["web/Chart.yaml"] + "kubeVersion: '>=1.20.0-0'\n"}), helm(app.HelmSource{}), anotherVersion, true},
	"the version, of a kustomization":               {overlays, app.Source{Path: "stage"}, anotherVersion, false},
	"the API versions":                              {still, helm(app.HelmSource{}), anotherAPI, false},
	"the API versions, where one names the other":   {asking(".Capabilities.KubeVersion.Minor"), helm(app.HelmSource{}), anotherAPI, false},
	"the API versions, which a template names":      {asking(".Capabilities.APIVersions.Has .Release.Name"), helm(app.HelmSource{}), anotherAPI, true},
	"the API versions, which a template might name": {asking(`$c := .Capabilities`), helm(app.HelmSource{}), anotherAPI, true},
	"the API versions, which a value names": {
		still.with(repo{"web/templates/page.yaml": configMap("page", "{{ tpl .Values.value . | quote }}")}), helm(app.HelmSource{Values: "value: '{{ .Capabilities.APIVersions.Has `x` }}'"}), anotherAPI, true,
	},
	"the API versions, which a chart in the chart names": {
		still.with(repo{"web/charts/in/Chart.yaml": "apiVersion: v2\nname: in\nversion: 1.0.0\n", "web/charts/in/templates/x.yaml": configMap("in", "{{ .Capabilities.APIVersions | len }}")}),
		helm(app.HelmSource{}), anotherAPI, true,
	},

	"a file beside a kustomization":      {overlays.with(repo{"stage/README.md": "x"}), app.Source{Path: "stage"}, moreFiles(repo{"stage/README.md": "y"}), false},
	"a name beside a kustomization":      {overlays, app.Source{Path: "stage"}, moreFiles(repo{"stage/README.md": "y"}), false},
	"a file of a kustomization's base":   {overlays, app.Source{Path: "stage"}, moreFiles(repo{"base/deployment.yaml": deployment + "  paused: true\n"}), true},
	"a file beside those of a base":      {overlays.with(repo{"base/README.md": "x"}), app.Source{Path: "stage"}, moreFiles(repo{"base/README.md": "y"}), false},
	"a file of a generator":              {overlays, app.Source{Path: "stage"}, moreFiles(repo{"stage/page.html": "<q>"}), true},
	"a file that Jsonnet imports":        {imports, importing, moreFiles(repo{"lib/name.libsonnet": `"y"`}), true},
	"a file that Jsonnet would prefer":   {imports, importing, moreFiles(repo{"app/name.libsonnet": `"y"`}), true},
	"a file beside one that is imported": {imports, importing, moreFiles(repo{"lib/more.libsonnet": `"y"`}), false},
}

func TestWhatIsRenderedAnew(t *testing.T) {
	t.Parallel()
	// One after another in one pool, whose renderings are counted; the project makes them requests of their own.
	p := pool(t, options())
	for name, v := range variations {
		for kind, wrap := range map[string]func(fs.FS) fs.FS{
			"hashes": func(f fs.FS) fs.FS { return hashed{f} }, "no hashes": func(f fs.FS) fs.FS { return f },
		} {
			t.Run(name+" in a repository with "+kind, func(t *testing.T) {
				before := p.Renders()
				for round := range 2 {
					req := v.files.request(v.source)
					req.Project = name + kind
					req.Capabilities = app.Capabilities{KubeVersion: "v1.37.2", APIVersions: []string{"v1"}}
					if round == 1 && v.change != nil {
						v.change(&req)
					}
					req.Files = wrap(req.Files)
					if _, err := p.Render(t.Context(), req); err != nil {
						t.Fatal(err)
					}
				}
				if got, want := p.Renders()-before == 2, v.anew; got != want {
					t.Errorf("rendered anew: %v, want %v", got, want)
				}
			})
		}
	}
}

func TestOtherRepositoriesAreInputsToo(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	for i, c := range []struct {
		env  repo
		want int
	}{
		{repo{"values.yaml": "value: a\n", "other.yaml": "x"}, 1},
		{repo{"values.yaml": "value: a\n", "other.yaml": "y"}, 1},
		{repo{"values.yaml": "value: b\n", "other.yaml": "y"}, 2},
	} {
		req := still.request(helm(app.HelmSource{ValueFiles: []string{"$env/values.yaml"}}))
		req.Refs = map[string]fsys{"env": hashed{c.env.fs()}}
		if _, err := p.Render(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if p.Renders() != c.want {
			t.Errorf("round %d: %d renderings, want %d", i, p.Renders(), c.want)
		}
	}
}

func TestFailuresAreRemembered(t *testing.T) {
	t.Parallel()
	broken := still.with(repo{"web/templates/page.yaml": "a: {{ fail \"no\" }}\n"})
	gone := app.Source{Path: "gone"}
	p := pool(t, options())
	for name, v := range map[string]variation{
		"the same commit":                        {broken, helm(app.HelmSource{}), nil, false},
		"a commit that leaves it broken":         {broken, helm(app.HelmSource{}), moreFiles(repo{"other": "x"}), false},
		"a commit that mends it":                 {broken, helm(app.HelmSource{}), moreFiles(still), true},
		"somebody who asks for it":               {broken, helm(app.HelmSource{}), func(r *app.RenderRequest) { r.Fresh = true }, true},
		"a kustomization that names a folder":    {repo{"kustomization.yaml": "resources: [../x, y]\n", "y/z": ""}, app.Source{Path: "."}, nil, false},
		"a folder that is not there":             {still, gone, nil, false},
		"a folder that is not there, now either": {still, gone, anotherCommit, true},
		"a folder that came":                     {still, gone, moreFiles(repo{"gone/x.yaml": configMap("x", "x")}), true},
	} {
		t.Run(name, func(t *testing.T) {
			before := p.Renders()
			req := v.files.request(v.source)
			req.Project = name
			_, first := p.Render(t.Context(), req)
			if first == nil {
				t.Fatal("it renders")
			}
			if v.change != nil {
				v.change(&req)
			}
			_, second := p.Render(t.Context(), req)
			if got, want := p.Renders()-before == 2, v.anew; got != want {
				t.Errorf("rendered anew: %v, want %v", got, want)
			}
			if !v.anew && (second == nil || second.Error() != first.Error()) {
				t.Errorf("the second time: %v, want %v", second, first)
			}
		})
	}
}

// flaky is a repository of which a file cannot be read the first time.
type flaky struct {
	fs.FS
	tried *atomic.Bool
}

func (f flaky) Open(name string) (fs.File, error) {
	if name == "web/values.yaml" && !f.tried.Swap(true) {
		return nil, errors.New("the disk is busy")
	}
	return f.FS.Open(name)
}

func TestAFailureThatMayPassIsNotRemembered(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	req := still.request(helm(app.HelmSource{}))
	req.Files = flaky{req.Files, &atomic.Bool{}}
	if _, err := p.Render(t.Context(), req); err == nil || !strings.Contains(err.Error(), "the disk is busy") {
		t.Fatalf("got %v, want the disk's error", err)
	}
	if _, err := p.Render(t.Context(), req); err != nil {
		t.Error(err)
	}
}

func TestARenderingThatWasEndedIsNotTriedAtEveryPoll(t *testing.T) {
	t.Parallel()
	p := pool(t, render.Options{Timeout: 5 * time.Second, Memory: 4 << 30, Workers: 1})
	req := chart.with(repo{"web/templates/slow.yaml": `{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}`}).request(helm(app.HelmSource{}))
	for range 2 {
		if _, err := p.Render(t.Context(), req); err == nil || !strings.Contains(err.Error(), "longer than 5s") {
			t.Fatalf("got %v, want the limit", err)
		}
	}
	if got := p.Renders(); got != 1 {
		t.Errorf("%d renderings, want 1", got)
	}
}
