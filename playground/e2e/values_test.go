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

// TestValuesOfAnApplicationThatAnotherOneMakes are committed: what is kept here would be taken back. The other application is
// known by the document's marks, or by what it renders.
func TestValuesOfAnApplicationThatAnotherOneMakes(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	chart := newRepository(t, w.play, "made", map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: made\nversion: 1.0.0\n", "values.yaml": "color: blue\n",
		"templates/settings.yaml": configMap("settings", "{{ .Values.color }}"),
	})
	document := func(name, metadata string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: " + name + metadata + "}\nspec:\n" +
			"  destination: {name: playground, namespace: made}\n  source: {repoURL: " + chart.url + ", targetRevision: main, path: .}\n"
	}
	root := newRepository(t, w.play, "made-root", map[string]string{"rendered.yaml": document("rendered", "")})
	w.create("made-root", root)
	w.run("app", "get", "made-root", "--refresh")
	drop(t, w.store, "rendered.yaml", document("rendered", ""))
	drop(t, w.store, "marked.yaml", document("marked", ", annotations: {argocd.argoproj.io/tracking-id: 'far:argoproj.io/Application:argocd/marked'}"))
	drop(t, w.store, "labelled.yaml", document("labelled", ", labels: {app.kubernetes.io/instance: made-root}"))
	drop(t, w.store, "free.yaml", document("free", ", labels: {app.kubernetes.io/instance: other}"))
	edit := w.editing("s/blue/green/")
	for name, says := range map[string]string{
		"rendered": "the application made-root makes this one (it is among the objects there)",
		"marked":   "the application far makes this one (its tracking-id says)",
		"labelled": "the application made-root makes this one (its label app.kubernetes.io/instance says)",
	} {
		contains(t, edit.fails("app", "edit", name, "--values").err, says, "add --commit")
	}
	edit.must("app", "edit", "free", "--values")

	x := w.console(120, 40)
	x.shows("marked").press("/").write("marked").shows("1 of 5").press("Enter", "e")
	x.shows("color: blue", "only a commit can hold this: the application far", "takes back what is")
	x.press("C-s").shows("cannot keep as override: commit it instead: the application far makes this one")
	x.press("End").write("r").shows("color: bluer", "1 object").press("C-p").shows("cannot keep and plan: commit it instead")
	x.press("C-g").shows("Commit values.yaml and push it?").press("Enter", "Enter", "Enter").shows("pushed commit")
	x.press("C-c").ended()
	contains(t, w.editing("s/bluer/red/").must("app", "edit", "rendered", "--values", "--commit"), "pushed commit")
	contains(t, w.must("app", "get", "marked", "--values"), "color: red")
}

// TestAKustomizationIsEdited keeps what an application can say in it, and commits the rest.
func TestAKustomizationIsEdited(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "kustomized", map[string]string{
		"kustomization.yaml": "# Ours.\nresources: [settings.yaml]  # all\ncommonAnnotations: {color: blue}\n", "settings.yaml": configMap("settings", "one"),
		"more.yaml": configMap("more", "two"),
	})
	w.create("kustomized", repo)
	said := w.editing("s/blue/green/;$ a namePrefix: my-").must("app", "edit", "kustomized", "--values")
	contains(t, said, "kept as an override in kustomized: commonAnnotations.color, namePrefix")
	contains(t, w.must("app", "get", "kustomized", "--values"), "# Ours.\nresources: [settings.yaml]  # all\ncommonAnnotations: {color: green}\nnamePrefix: my-")
	w.must("app", "sync", "kustomized")
	if got := w.see().get("kustomized", "my-settings"); got.Data["value"] != "one" || got.Annotations["color"] != "green" {
		t.Errorf("live: %v, %v", got.Data, got.Annotations)
	}
	more := w.editing("s/settings.yaml/settings.yaml, more.yaml/")
	contains(t, more.fails("app", "edit", "kustomized", "--values").err, "resources is no option of an application", "commit them to git instead")
	contains(t, more.must("app", "edit", "kustomized", "--values", "--commit"), "pushed commit")
	w.must("app", "sync", "kustomized")
	if got := w.see().get("kustomized", "my-more"); got.Data["value"] != "two" || got.Annotations["color"] != "green" {
		t.Errorf("live: %v, %v", got.Data, got.Annotations)
	}
	x := w.console(120, 40)
	x.shows("kustomized").press("Enter", "e").shows("namePrefix: my-", "with the application's override", "Nothing: the cluster is already")
	x.onLine("namePrefix: my-").press("End").write("new-").shows("namePrefix: my-new-", "4 objects")
	x.press("C-s").shows("kept as an override in the application: commonAnnotations.color, namePrefix").press("C-c").ended()
	contains(t, w.must("app", "get", "kustomized", "-o", "yaml"), "namePrefix: my-new-")
}

// TestValuesOfALaterSource edits values of an application whose first source only serves files, and which another one makes, so that
// only a commit can hold them: what the commit would change is shown before.
func TestValuesOfALaterSource(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	chart := newRepository(t, w.play, "later-chart", map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: later\nversion: 1.0.0\n", "values.yaml": "color: blue\n",
		"templates/settings.yaml": configMap("settings", "{{ .Values.color }}"),
	})
	files := newRepository(t, w.play, "later-files", map[string]string{"values.yaml": "shape: round\n"})
	drop(t, w.store, "later-source.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: later-source, annotations: {argocd.argoproj.io/tracking-id: 'far:argoproj.io/Application:argocd/later-source'}}
spec:
  destination: {name: playground, namespace: later-source}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  sources:
    - {repoURL: `+files.url+`, targetRevision: main, ref: files}
    - {repoURL: `+chart.url+`, targetRevision: main, path: .}
`)
	w.must("app", "sync", "later-source")
	x := w.console(120, 40)
	x.shows("later-source").press("Enter", "e").shows("color: blue", "only a commit can hold this")
	x.press("End").write("r").shows("color: bluer", "1 object", "+   value: bluer")
	x.press("C-c").ended()
	contains(t, w.editing("s/blue/red/").must("app", "edit", "later-source", "--values", "--commit"), "pushed commit")
	w.run("app", "get", "later-source", "--refresh")
	contains(t, w.expect(1, "app", "diff", "later-source").out, "-  value: blue", "+  value: red")
}
