package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The chart of the cases whose templates fail.
var chart = map[string]string{
	"Chart.yaml":  "apiVersion: v2\nname: bad\nversion: 1.0.0\n",
	"values.yaml": "value: one\n",
	"values.schema.json": `{"type": "object", "properties": {"value": {"type": "string"}}}
`,
	"templates/settings.yaml": configMap("settings", "{{ .Values.value }}"),
}

// badInputs are repositories and applications that were well and are broken by a commit or by a flag. Each says what
// the message must name.
var badInputs = []struct {
	name   string
	files  map[string]string
	create []string
	// breaks is pushed, flags are set; what they leave alone stays.
	breaks map[string]string
	flags  []string
	says   []string
}{
	{
		name:  "repository-unreachable",
		flags: []string{"--repo", "http://127.0.0.1:1/nothing.git"},
		says:  []string{"http://127.0.0.1:1/nothing.git", "refused", "check that the server runs"},
	},
	{
		name:  "repository-missing",
		flags: []string{"--repo", "REPOSITORY/missing.git"},
		says:  []string{"missing.git", "there is no such repository"},
	},
	{
		name:  "path-missing",
		flags: []string{"--path", "not/here"},
		says:  []string{"not/here"},
	},
	{
		name:  "revision-missing",
		flags: []string{"--revision", "v9.9.9"},
		says:  []string{"v9.9.9"},
	},
	{
		name:   "yaml-unreadable",
		breaks: map[string]string{"settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n data:\n"},
		says:   []string{"settings.yaml:5: "},
	},
	{
		name:   "template-failing",
		files:  chart,
		breaks: map[string]string{"templates/settings.yaml": configMap("settings", "{{ .Values.nothing.here }}")},
		says:   []string{"templates/settings.yaml:6"},
	},
	{
		name:   "template-renders-no-yaml",
		files:  chart,
		breaks: map[string]string{"templates/settings.yaml": configMap("settings", "[ {{ .Values.value }}")},
		says:   []string{"templates/settings.yaml"},
	},
	{
		name:   "values-against-schema",
		files:  chart,
		breaks: map[string]string{"values.yaml": "value: 5\n"},
		says:   []string{"value", "string"},
	},
	{
		name:  "values-file-missing",
		files: chart,
		flags: []string{"--values", "production.yaml"},
		says:  []string{"production.yaml"},
	},
	{
		name:   "kustomization-unreadable",
		files:  map[string]string{"app/kustomization.yaml": "resources: [settings.yaml]\n", "app/settings.yaml": configMap("settings", "one")},
		create: []string{"--path", "app"},
		breaks: map[string]string{"app/kustomization.yaml": "resources: [settings.yaml, gone.yaml]\n"},
		says:   []string{"gone.yaml"},
	},
}

// TestBadInput breaks applications that were synced: none may change the cluster, or be called Synced or OutOfSync.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, c := range badInputs {
		t.Run(c.name+" is told, and nothing is changed", func(t *testing.T) {
			t.Parallel()
			w := onOwnStore(t)
			name := "bad-" + c.name
			files := c.files
			if files == nil {
				files = map[string]string{"settings.yaml": configMap("settings", "one")}
			}
			repo := newRepository(t, w.play, name, files)
			w.create(name, repo, c.create...)
			w.must("app", "sync", name)
			before := w.see().get(name, "settings")
			if c.breaks != nil {
				repo.push("break it", c.breaks)
			}
			if c.flags != nil {
				w.must(append([]string{"app", "set", name}, replaceAll(c.flags, "REPOSITORY", w.play.GitURL())...)...)
			}
			failsEverywhere(w, name, c.says)
			if d := cmp.Diff(before, w.see().get(name, "settings")); d != "" {
				t.Errorf("the live object changed (-before +after):\n%s", d)
			}
		})
	}
}

// failsEverywhere has every verb that compares or writes fail with the same words, and the status say Unknown.
func failsEverywhere(w *program, name string, says []string) {
	w.t.Helper()
	for _, verb := range [][]string{{"refresh"}, {"diff"}, {"plan"}, {"manifests"}, {"sync", "--prune", "--yes"}} {
		r := w.fails(append([]string{"app", verb[0], name}, verb[1:]...)...)
		contains(w.t, r.err, says...)
	}
	isUnknown(w, name, says)
}

// isUnknown wants a status that is neither Synced nor OutOfSync, with a condition that says why.
func isUnknown(w *program, name string, says []string) {
	w.t.Helper()
	a := w.get(name)
	if a.Status.Sync.Status != "Unknown" {
		w.t.Errorf("sync status %q, want Unknown", a.Status.Sync.Status)
	}
	conditions := ""
	for _, c := range a.Status.Conditions {
		conditions += c.Type + ": " + c.Message + "\n"
	}
	contains(w.t, conditions, append([]string{"Error"}, says...)...)
}

func replaceAll(list []string, old, with string) []string {
	out := slices.Clone(list)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], old, with)
	}
	return out
}

// TestWrongUse gives the program what no application has to do with.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	for name, c := range map[string]struct {
		status int
		args   []string
		says   []string
	}{
		"an unknown application is not found":   {3, []string{"app", "get", "nobody"}, []string{"nobody", "wheelhouse app list"}},
		"syncing an unknown one is not found":   {3, []string{"app", "sync", "nobody"}, []string{"nobody", "wheelhouse app list"}},
		"deleting an unknown one is not found":  {3, []string{"app", "delete", "nobody", "--yes"}, []string{"nobody"}},
		"an unknown flag is wrong use":          {2, []string{"app", "list", "--nope"}, []string{"--nope", "--help"}},
		"an unknown verb is wrong use":          {2, []string{"app", "launch"}, []string{"launch"}},
		"a missing name is wrong use":           {2, []string{"app", "get"}, []string{"NAME"}},
		"an unknown output form is wrong use":   {2, []string{"app", "list", "-o", "xml"}, []string{"xml", "json"}},
		"a store of an unknown kind is refused": {2, []string{"app", "list", "--store", "ftp://x"}, []string{"ftp://x", "file:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := w.in(t).expect(c.status, c.args...)
			contains(t, r.err, c.says...)
			if r.out != "" {
				t.Errorf("an error writes to standard output:\n%s", r.out)
			}
		})
	}
}

// TestBadDocument puts documents into the store that are no application.
func TestBadDocument(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "beside-bad", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("beside-bad", repo)
	drop(t, w.store, "torn.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: torn\n spec:\n")
	r := w.run("app", "list", "--refresh")
	contains(t, r.err, "torn.yaml:5")
	contains(t, lineOf(t, r.out, "beside-bad"), "OutOfSync")
	contains(t, w.run("app", "get", "torn").err, "torn.yaml:5")
	d := w.expect(7, "doctor")
	contains(t, d.out, "torn.yaml:5")
}

// TestManifestErrorNamesFileAndLine wants FILE:LINE of a manifest that is no YAML.
func TestManifestErrorNamesFileAndLine(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "torn-manifest", map[string]string{
		"settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n data:\n",
	})
	w.create("torn-manifest", repo)
	contains(t, w.fails("app", "refresh", "torn-manifest").err, "settings.yaml:5: ")
}
