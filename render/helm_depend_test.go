package render_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// packaged is the chart base as a package, with one ConfigMap of a value.
func packaged(t *testing.T, version, value string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, file := range [][2]string{
		{"base/Chart.yaml", "apiVersion: v2\nname: base\nversion: " + version + "\n"}, {"base/templates/base.yaml", configMap("base", value)},
	} {
		name, text := file[0], file[1]
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const baseRepository = "https://charts.example.com"

// depending is a chart that depends on base 1.x of a repository.
var depending = repo{
	"web/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.2.3\ndependencies: [{name: base, version: 1.x, repository: \"" + baseRepository + "\"}]\n",
}

func TestAPackageThatWasBroughtIsRendered(t *testing.T) {
	t.Parallel()
	p := pool(t, render.Options{Workers: 1})
	name := app.Dependency("web", "base", "1.x", baseRepository)
	for i, tt := range []struct{ version, value string }{{"1.0.0", "one"}, {"1.0.0", "one"}, {"1.1.0", "two"}} {
		files := depending.with(repo{name: packaged(t, tt.version, tt.value)})
		out, err := p.Render(t.Context(), files.request(helm(app.HelmSource{})))
		if err != nil {
			t.Fatal(err)
		}
		if got := field(t, out, "data", "value"); got != tt.value {
			t.Errorf("version %s gives %q", tt.version, got)
		}
		if want := []int{1, 1, 2}[i]; p.Renders() != want {
			t.Errorf("after %s it was rendered %d times, want %d", tt.version, p.Renders(), want)
		}
	}
}

// unreadable is a repository of which one file is an error.
type unreadable struct {
	fs.FS
	name string
	err  error
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, u.err
	}
	return u.FS.Open(name)
}

func TestWhyAPackageWasNotBroughtReachesTheUser(t *testing.T) {
	t.Parallel()
	req := depending.request(helm(app.HelmSource{}))
	req.Files = unreadable{req.Files.(fstest.MapFS), app.Dependency("web", "base", "1.x", baseRepository), hint.With(errors.New("the host is not known"), "check the URL")}
	_, err := pool(t, render.Options{Workers: 1}).Render(t.Context(), req)
	if err == nil || err.Error() != "the host is not known" || hint.Of(err) != "check the URL" {
		t.Errorf("render: %v (%s)", err, hint.Of(err))
	}
	_ = depending.fails(t, helm(app.HelmSource{}), "chart front depends on base 1.x from "+baseRepository, "helm dependency build")
	_ = depending.with(repo{app.Dependency("web", "base", "1.x", baseRepository): "no package"}).fails(t, helm(app.HelmSource{}), "chart front depends on base 1.x")
}

func TestAFolderBesideHasTheVersionThatIsAskedFor(t *testing.T) {
	t.Parallel()
	files := repo{
		"web/Chart.yaml":           "apiVersion: v2\nname: front\nversion: 1.2.3\ndependencies: [{name: base, version: ^2, repository: \"file://../base\"}]\n",
		"base/Chart.yaml":          "apiVersion: v2\nname: base\nversion: 1.9.0\n",
		"base/templates/base.yaml": configMap("base", "x"),
	}
	_ = files.fails(t, helm(app.HelmSource{}), "chart front depends on base ^2, and the chart in base has the version 1.9.0")
	files["base/Chart.yaml"] = "apiVersion: v2\nname: base\nversion: 2.1.0\n"
	if d := cmp.Diff([]string{"ConfigMap/base"}, names(files.render(t, helm(app.HelmSource{})).Objects)); d != "" {
		t.Error(d)
	}
}

func TestTwoVersionsOfOneChart(t *testing.T) {
	t.Parallel()
	deps := "dependencies:\n- {name: base, version: 1.x, alias: one, repository: \"" + baseRepository + "\"}\n- {name: base, version: 2.x, alias: two, repository: \"" + baseRepository + "\"}\n"
	files := repo{
		"web/Chart.yaml":            "apiVersion: v2\nname: front\nversion: 1.2.3\n" + deps,
		"web/charts/base-1.0.0.tgz": packaged(t, "1.0.0", "one"),
	}
	files[app.Dependency("web", "base", "2.x", baseRepository)] = packaged(t, "2.0.0", "two")
	var values []any
	for _, u := range files.render(t, helm(app.HelmSource{})).Objects {
		data, _ := u.Object["data"].(map[string]any)
		values = append(values, data["value"])
	}
	if d := cmp.Diff([]any{"one", "two"}, values); d != "" {
		t.Errorf("values of the two (-want +got):\n%s", d)
	}
}
