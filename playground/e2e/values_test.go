package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// editing is the program with an editor that runs a sed script over the text.
func (p *program) editing(script string) *program {
	p.t.Helper()
	dir := p.t.TempDir()
	write(p.t, dir, "script", script)
	return p.with("EDITOR", "sed -i -f "+filepath.Join(dir, "script"))
}

const editedApplication = `# The settings of this place.
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: edited}
spec:
  destination: {name: playground, namespace: edited}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  source:
    repoURL: REPOSITORY
    targetRevision: main
    path: .
    helm:
      values: |
        # Ours, until the summer.
        color: 'red'   # for the demo

        hosts: [b]
      # nothing else
`

// TestValuesAreEdited edits values by the command line: as an override in the application's text, and by a commit.
func TestValuesAreEdited(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "edited", map[string]string{
		"Chart.yaml":              "apiVersion: v2\nname: edited\nversion: 1.0.0\n",
		"values.yaml":             "# How many.\nreplicas: 2 # for now\ncolor: blue\nhosts: [a]\n",
		"templates/settings.yaml": configMap("settings", "{{ .Values.replicas }} {{ .Values.color }} {{ .Values.hosts }}"),
	})
	document := strings.Replace(editedApplication, "REPOSITORY", repo.url, 1)
	drop(t, w.store, "edited.yaml", document)
	stored := func() string {
		b, err := os.ReadFile(filepath.Join(w.store, "edited.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	contains(t, w.must("app", "get", "edited", "--values"), "# Source 1: values.yaml", "replicas: 2 # for now\ncolor: red",
		"list hosts is whole in the override: later changes of the file's list do not arrive")

	// What the application says is changed in its places, in the text and in the file.
	said := w.editing("s/replicas: 2/replicas: 3/;s/red/green/").must("app", "edit", "edited", "--values")
	contains(t, said, "kept as an override in edited: color, hosts, replicas", "list hosts is whole in the override")
	want := strings.NewReplacer("'red'", "'green'", "hosts: [b]\n", "hosts: [b]\n        replicas: 3\n").Replace(document)
	if d := cmp.Diff(want, stored()); d != "" {
		t.Errorf("the application's file (-want +got):\n%s", d)
	}
	w.must("app", "sync", "edited")
	if got := w.see().get("edited", "settings").Data["value"]; got != "3 green [b]" {
		t.Errorf("live: %q", got)
	}

	// Traps are told with their places, errors keep the text.
	r := w.editing("s/color:.*/on: 0755/").expect(0, "app", "edit", "edited", "--values")
	contains(t, r.err, ":3:1: warning: the key on is read as true: quote it", ":3:5: warning: 0755 is octal and read as 493")
	kept := stored()
	r = w.editing("$ a hosts: x").expect(2, "app", "edit", "edited", "--values")
	contains(t, r.err, `:1: error: "hosts" is there already, in line `, "what you wrote is kept in ")
	if d := cmp.Diff(kept, stored()); d != "" {
		t.Errorf("a text with errors changes the file:\n%s", d)
	}
	contains(t, w.editing("/values:/,/hosts/s/color:.*/color: yes/").expect(0, "app", "edit", "edited").err, "yes is read as true")

	// A commit leaves the comments of the file.
	drop(t, w.store, "edited.yaml", document[:strings.Index(document, "    helm:")])
	contains(t, w.editing("s/replicas: 2/replicas: 7/").must("app", "edit", "edited", "--values", "--commit", "-m", "more"), "pushed commit ")
	w.must("app", "sync", "edited")
	if got := w.see().get("edited", "settings").Data["value"]; got != "7 blue [a]" {
		t.Errorf("live: %q", got)
	}
	contains(t, w.must("app", "get", "edited", "--values"), "# How many.\nreplicas: 7 # for now\n")
}

// TestConsoleMarksAList edits values by keys: the list that the override holds is marked.
func TestConsoleMarksAList(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "marked", map[string]string{
		"Chart.yaml":              "apiVersion: v2\nname: marked\nversion: 1.0.0\n",
		"values.yaml":             "hosts: [a]\n",
		"templates/settings.yaml": configMap("settings", "{{ .Values.hosts }}"),
	})
	w.create("marked", repo)
	x := w.console(120, 40)
	x.shows("marked").press("Enter").shows("Resources").press("e").shows("hosts: [a]", "1 object").hides("is whole in the override")
	x.press("Right", "Right", "Right", "Right", "Right", "Right", "Right", "Right", "Right").write(", b")
	x.shows("hosts: [a, b]", "list hosts is whole in the override: later changes of").press("C-s")
	x.shows("kept as an override in the application: hosts", "list hosts is whole in the override")
	x.press("C-c").ended()
	contains(t, w.must("app", "get", "marked", "--values"), "hosts: [a, b]", "list hosts is whole in the override")
}
