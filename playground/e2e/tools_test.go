package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestPlugin has an operator's own command make the manifests of a folder that it discovers.
func TestPlugin(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	write(t, w.env["XDG_CONFIG_HOME"], "wheelhouse/plugins/env.yaml", `apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {name: env}
spec:
  discover: {fileName: settings.env}
  init: {command: [sh, -c, '. ./settings.env; test -n "$VALUE" || { echo settings.env sets no VALUE >&2; exit 4; }']}
  generate:
    command: [sh, -c]
    args:
      - |
        . ./settings.env
        printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {value: "%s", app: "%s"}\n' "$VALUE" "$ARGOCD_APP_NAME"
  parameters:
    static: [{name: size, title: how big, string: small}]
`)
	repo := newRepository(t, w.play, "plugin", map[string]string{"settings.env": "VALUE=one\n"})
	w.create("plugin", repo)
	w.must("app", "sync", "plugin")
	if got := w.see().get("plugin", "settings").Data; got["value"] != "one" || got["app"] != "plugin" {
		t.Errorf("live: %v", got)
	}
	contains(t, w.must("app", "get", "plugin", "--refresh"), "Synced", "Plugin (plugin env: its discover rule settings.env fits .)")
	contains(t, w.must("app", "get", "plugin", "--show-params"), "size", "small", "how big")
	repo.push("break it", map[string]string{"settings.env": "OTHER=one\n"})
	failsEverywhere(w, "plugin", []string{"plugin env: init command", "exit status 4", "settings.env sets no VALUE"})
	t.Run("a document that cannot be read stops nobody who does not need it, and doctor names it", func(t *testing.T) {
		w := w.in(t)
		repo.push("mend it", map[string]string{"settings.env": "VALUE=two\n"})
		write(t, w.env["XDG_CONFIG_HOME"], "wheelhouse/plugins/torn.yaml", "kind: ConfigManagementPlugin\nspec: {}\n")
		w.must("app", "list")
		contains(t, w.must("app", "get", "plugin", "--refresh"), "plugin env: its discover rule", "OutOfSync")
		r := w.run("doctor")
		contains(t, r.out+r.err, "torn.yaml", "metadata.name")
	})
}

// TestEncryptedValues renders a chart with values that SOPS encrypted for an age key.
func TestEncryptedValues(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", "internal", "sops", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	repo := newRepository(t, w.play, "encrypted", map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: encrypted\nversion: 1.0.0\n",
		"secret.yaml": read("encrypted.yaml"),
		"templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: key\nstringData:\n" +
			"  password: {{ (index .Values.users 0).password }}\n",
	})
	w.create("encrypted", repo, "--values", "secret.yaml")
	contains(t, w.fails("app", "sync", "encrypted").err, "secret.yaml", "no key opens it", "SOPS_AGE_KEY_FILE")
	w.see().absent("namespace", "", "encrypted")

	key := filepath.Join(t.TempDir(), "keys.txt")
	write(t, filepath.Dir(key), "keys.txt", read("identity.txt"))
	w = w.with("SOPS_AGE_KEY_FILE", key)
	said := w.must("app", "sync", "encrypted") + w.must("app", "diff", "encrypted") + w.must("app", "manifests", "encrypted") +
		w.must("app", "get", "encrypted", "-o", "yaml") + w.must("app", "history", "encrypted", "-o", "yaml")
	live, err := w.see().client.CoreV1().Secrets("encrypted").Get(t.Context(), "key", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if string(live.Data["password"]) != "correct-horse" {
		t.Errorf("live: %q", live.Data["password"])
	}
	if strings.Contains(said, "correct-horse") {
		t.Errorf("a command prints it:\n%s", said)
	}
	for _, dir := range []string{w.store, w.env["HOME"]} {
		nowhereIn(t, dir, "correct-horse")
	}
}

// nowhereIn fails the test when a file below a folder holds a text.
func nowhereIn(t *testing.T, dir, text string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), text) {
			t.Errorf("%s holds it", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Errorf("%s has no files", dir)
	}
}
