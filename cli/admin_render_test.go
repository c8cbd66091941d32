package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const page = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\n"

func TestAdminRenderLeavesOutDataOfSecrets(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	secret := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nstringData:\n  password: " + password + "\n"
	p.write("plain/secret.yaml", secret+"---\napiVersion: v1\nkind: List\nitems:\n- "+strings.ReplaceAll(strings.TrimSpace(secret), "\n", "\n  ")+"\n")
	for _, format := range []string{"yaml", "json", "name"} {
		r := p.expect(0, "admin", "render", "plain", "-o", format)
		contains(t, r.out, "login")
		if strings.Contains(r.out+r.err, password) {
			t.Errorf("-o %s prints the data:\n%s%s", format, r.out, r.err)
		}
	}
	contains(t, p.must("admin", "render", "plain"), "wheelhouse.dev/masked")
	shown := p.must("admin", "render", "plain", "--show-secrets")
	if contains(t, shown, password); strings.Contains(shown, "masked") {
		t.Errorf("what is printed whole says that it is masked:\n%s", shown)
	}
}

func TestAdminRenderNamesTheFlagOfAValuesFile(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("chart/Chart.yaml", "apiVersion: v2\nname: front\nversion: 1.0.0\n")
	r := p.run("admin", "render", "chart", "--values", "nope")
	contains(t, r.err, "values file nope", "correct --values")
	if r.status == 0 || strings.Contains(r.err, "spec.source") {
		t.Errorf("status %d: %s", r.status, r.err)
	}
	contains(t, p.run("admin", "render", "chart", "--values", "https://example.com/v.yaml").err, "values file https://example.com/v.yaml", "offline")
}

func TestAdminRenderReadsTheCloneAroundTheFolder(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("clone/.git/HEAD", "ref: refs/heads/main\n")
	p.write("clone/base/kustomization.yaml", "resources: [page.yaml]\n")
	p.write("clone/base/page.yaml", page)
	p.write("clone/apps/web/kustomization.yaml", "namePrefix: web-\nresources: [../../base]\n")
	p.write("clone/apps/chart/Chart.yaml", "apiVersion: v2\nname: front\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1.0.0, repository: 'file://../lib'}\n")
	p.write("clone/apps/chart/templates/page.yaml", page+"data: {greeting: '{{ .Values.greeting }} {{ include \"lib.name\" . }}'}\n")
	p.write("clone/apps/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n")
	p.write("clone/apps/lib/templates/_name.tpl", "{{ define \"lib.name\" }}from lib{{ end }}")
	p.write("clone/outer.yaml", "greeting: hello\n")
	for from, to := range map[string]string{"inside.yaml": "../../base/page.yaml", "outside.yaml": "../../../secret.yaml"} {
		folder := "clone/apps/" + strings.TrimSuffix(from, ".yaml")
		p.write(folder+"/.keep", "")
		if err := os.Symlink(to, filepath.Join(p.home, folder, from)); err != nil {
			t.Fatal(err)
		}
	}
	p.write("secret.yaml", page)
	contains(t, p.must("admin", "render", "clone/apps/web"), "name: web-page")
	contains(t, p.must("admin", "render", "clone/apps/chart", "--values", "/outer.yaml"), "greeting: hello from lib")
	contains(t, p.must("admin", "render", "clone/apps/inside"), "name: page")
	r := p.run("admin", "render", "clone/apps/outside")
	if r.status == 0 || strings.Contains(r.out, "page") {
		t.Errorf("a link out of the clone was followed:\n%s%s", r.out, r.err)
	}
}

func TestAdminRenderTellsWhatIsDoubtful(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("chart/Chart.yaml", "apiVersion: v2\nname: front\nversion: 1.0.0\n")
	p.write("chart/templates/page.yaml", page+"data: {random: '{{ randAlphaNum 8 }}'}\n")
	p.write("My Pages_2/page.yaml", page)
	p.write("empty/README.md", "# nothing\n")
	r := p.expect(0, "admin", "render", "chart")
	contains(t, r.err, "warning: ", "randAlphaNum")
	if strings.Contains(r.out, "warning") {
		t.Errorf("the warning is among the manifests:\n%s", r.out)
	}
	contains(t, p.expect(0, "admin", "render", "empty").err, "no manifests in empty")
	contains(t, p.must("admin", "render", "My Pages_2"), "name: page")
	contains(t, p.expect(2, "admin", "render", "chart", "--name", "Bad Name!").err, "--name")
	contains(t, p.expect(2, "admin", "render", "chart", "--namespace", "x y").err, "--namespace")
}

func TestAdminRenderWaitsForNoPipe(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("plain/page.yaml", page)
	p.write("chart/Chart.yaml", "apiVersion: v2\nname: front\nversion: 1.0.0\n")
	p.write("chart/templates/page.yaml", page)
	for _, pipe := range []string{"plain/pipe.yaml", "chart/templates/pipe.yaml", "chart/values.yaml"} {
		if out, err := exec.CommandContext(t.Context(), "mkfifo", filepath.Join(p.home, pipe)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.Symlink("pipe.yaml", filepath.Join(p.home, "plain", "link.json")); err != nil {
		t.Fatal(err)
	}
	contains(t, p.expect(7, "admin", "render", "plain").err, "link.json", "neither a file nor a folder")
	if err := os.Remove(filepath.Join(p.home, "plain", "link.json")); err != nil {
		t.Fatal(err)
	}
	contains(t, p.must("admin", "render", "plain"), "name: page")
	contains(t, p.must("admin", "render", "chart"), "name: page")
}
