package app_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const authored = `# The web shop.
apiVersion: argoproj.io/v1alpha1
kind: Application

metadata:
    name: web   # the shop
    # owned by the platform team
    annotations:
        note: 'single quotes'

spec:
    source:
        # ours
        path: deploy

        repoURL: "https://git.example.com/shop.git"
        targetRevision: v1 # pinned
        helm:
            parameters:
            # how many
            - name: replicas
              value: "2"
            - {name: color, value: blue} # for a while
    destination: {name: home, namespace: web}
    # no automation yet
    syncPolicy:
        automated:
            prune: false
# the end
`

func edit(t *testing.T, text string, change func(*app.Application)) string {
	t.Helper()
	a := decode(t, text).Clone()
	change(&a)
	out, err := app.Edit([]byte(text), "web.yaml", a)
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, string(out))
	if diff := cmp.Diff(document(t, a.WithoutStatus()), document(t, got.WithoutStatus())); diff != "" {
		t.Errorf("the edited text reads differently (-want +got):\n%s", diff)
	}
	return string(out)
}

func TestEditTouchesOnlyTheLinesOfTheChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change   func(*app.Application)
		old, new string
	}{
		"nothing": {func(*app.Application) {}, "", ""},
		"a text keeps its comment": {
			func(a *app.Application) { a.Spec.Source.TargetRevision = "v2" },
			"targetRevision: v1 # pinned", "targetRevision: v2 # pinned",
		},
		"a text keeps its quotes": {
			func(a *app.Application) { a.Metadata.Annotations["note"] = "other" }, "'single quotes'", "'other'",
		},
		"a default that was written out is set": {
			func(a *app.Application) { a.Spec.SyncPolicy.Automated.Prune = true }, "prune: false", "prune: true",
		},
		"a new field comes behind its siblings": {
			func(a *app.Application) { a.Metadata.Annotations["wheelhouse.dev/pin"] = "r1" },
			"'single quotes'\n", "'single quotes'\n        wheelhouse.dev/pin: r1\n",
		},
		"a new mapping is indented as the author does": {
			func(a *app.Application) { a.Spec.SyncPolicy.Retry = &app.Retry{Limit: 3} },
			"prune: false\n", "prune: false\n        retry:\n            limit: 3\n",
		},
		"a removed field takes its line away": {
			func(a *app.Application) { a.Spec.Source.TargetRevision = "" }, "        targetRevision: v1 # pinned\n", "",
		},
		"a removed mapping takes its lines away": {
			func(a *app.Application) { a.Spec.SyncPolicy = nil },
			"    syncPolicy:\n        automated:\n            prune: false\n", "",
		},
		"a list keeps the comments of its elements": {
			func(a *app.Application) { a.Spec.Source.Helm.Parameters[0].Value = "3" }, `value: "2"`, `value: "3"`,
		},
		"a list grows": {
			func(a *app.Application) {
				h := a.Spec.Source.Helm
				h.Parameters = append(h.Parameters, app.HelmParameter{Name: "x", Value: "1"})
			},
			"# for a while\n", "# for a while\n            - name: x\n              value: \"1\"\n",
		},
		"a mapping in braces stays in braces": {
			func(a *app.Application) { a.Spec.Destination.Namespace = "shop" }, "namespace: web}", "namespace: shop}",
		},
		"a text becomes several lines": {
			func(a *app.Application) { a.Spec.Source.Path = "a\nb\n" }, "path: deploy\n", "path: |\n            a\n            b\n",
		},
		"a null is written, for it takes a value away": {
			func(a *app.Application) {
				a.Spec.Source.Helm.ValuesObject = map[string]any{"service": map[string]any{"nodePort": nil}}
			},
			"# for a while\n", "# for a while\n            valuesObject:\n                service:\n                    nodePort: null\n",
		},
		"an own field beside the comment at the end": {
			func(a *app.Application) { a.Operation = &app.Operation{Sync: &app.SyncOperation{Prune: true}} },
			"prune: false\n", "prune: false\noperation:\n    sync:\n        prune: true\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.Replace(authored, tt.old, tt.new, 1)
			if diff := cmp.Diff(want, edit(t, authored, tt.change)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEditLeavesTheRestOfTheFileAlone(t *testing.T) {
	t.Parallel()
	pin := func(a *app.Application) { a.Metadata.Annotations = map[string]string{"p": "1"} }
	pinned := "metadata:\n  name: web\n  annotations:\n    p: \"1\"\n"
	tests := map[string]struct{ text, want string }{
		"other documents":      {"a: 1\n--- # mine\n" + header + "---\nb: 2\n", "a: 1\n--- # mine\n" + strings.Replace(header, "metadata:\n  name: web\n", pinned, 1) + "---\nb: 2\n"},
		"a status in it":       {header + "status: {health: {status: Healthy}}\n", strings.Replace(header, "metadata:\n  name: web\n", pinned, 1) + "status: {health: {status: Healthy}}\n"},
		"a missing line end":   {strings.TrimSuffix(header, "\n"), strings.Replace(header, "metadata:\n  name: web\n", pinned, 1)},
		"Windows' line ends":   {strings.ReplaceAll(header, "\n", "\r\n"), strings.ReplaceAll(strings.Replace(header, "metadata:\n  name: web\n", pinned, 1), "\n", "\r\n")},
		"a comment at the end": {header + "  # bye\n", strings.Replace(header, "metadata:\n  name: web\n", pinned, 1) + "  # bye\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, edit(t, tt.text, pin)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEditKeepsTheLinesOfATextThatStay(t *testing.T) {
	t.Parallel()
	before := header + `spec:
  source: # ours
    helm:
      values: |  # until the summer

            # how many
            replicas: 2

            hosts:	# with a tab
            - a
      # of the name
      releaseName: web
`
	set := func(old, with string) func(*app.Application) {
		return func(a *app.Application) {
			h := a.Spec.Source.Helm
			if !strings.Contains(h.Values, old) {
				t.Fatalf("%q is not in %q", old, h.Values)
			}
			h.Values = strings.Replace(h.Values, old, with, 1)
		}
	}
	for name, c := range map[string]struct{ old, with, was, is string }{
		"a line changes":             {"replicas: 2", "replicas: 3", "replicas: 2", "replicas: 3"},
		"a line comes at the end":    {"- a\n", "- a\nname: x\n", "- a\n", "- a\n            name: x\n"},
		"a line goes":                {"replicas: 2\n", "", "            replicas: 2\n", ""},
		"a blank line comes":         {"hosts:", "\nhosts:", "\n            hosts:", "\n\n            hosts:"},
		"it ends without a line end": {"a\n", "a", "|  # until", "|-  # until"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, end := range []string{"\n", "\r\n"} {
				text := strings.ReplaceAll(before, "\n", end)
				want := strings.ReplaceAll(strings.Replace(before, c.was, c.is, 1), "\n", end)
				if diff := cmp.Diff(want, edit(t, text, set(c.old, c.with))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestEditWritesAnewWhatItCannotSplice(t *testing.T) {
	t.Parallel()
	set := func(a *app.Application) { a.Spec.Project = "shop" }
	for name, text := range map[string]string{
		"everything in braces":      "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web}, spec: {x: 1}}",
		"JSON":                      `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": {}}`,
		"a field under a merge key": header + "x: &x {project: a}\nspec:\n  <<: *x\n",
		"a changed anchor":          header + "spec:\n  project: &p a\n  destination: {namespace: *p}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := edit(t, text, set); !strings.Contains(got, "shop") {
				t.Errorf("not set:\n%s", got)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a file with one document becomes empty":  {"# mine\n---\n" + header + "...\n", ""},
		"the document in front of another is cut": {header + "---\nb: 2\n", "b: 2\n"},
		"the document between others is cut":      {"a: 1\n---\n" + header + "---\nb: 2\n", "a: 1\n---\nb: 2\n"},
		"the document behind another is cut":      {"a: 1\n---\n" + header, "a: 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := app.Cut([]byte(tt.text), "web.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
