package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestEncodeWritesInReadingOrder(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"zeta": 1, "spec": {"zeta": "yes", "source": {"path": "p", "repoURL": "u", "helm": {"values": "a: 1\nb: 2\n",
		"parameters": [{"value": "1.20", "name": "v"}]}}, "destination": {"name": "c"}, "project": "default"},
		"metadata": {"labels": {"b": "on", "a": "2026-01-31"}, "name": "web"}, "kind": "Application",
		"apiVersion": "argoproj.io/v1alpha1"}`)
	got, err := app.Encode(a)
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
  labels:
    a: "2026-01-31"
    b: "on"
spec:
  project: default
  destination:
    name: c
  source:
    repoURL: u
    path: p
    helm:
      parameters:
        - name: v
          value: "1.20"
      values: |
        a: 1
        b: 2
  zeta: "yes"
zeta: 1
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeKeepsAwkwardText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		" leading", "trailing ", "a\n", "a\n\n", "\na", " a\nb", "\ta\nb", "a\tb\n", "a\r\nb", "a\n  b\n", "#x", "- x", "a: b", "a #b",
		"null", "~", "y", "1e3", "0x1f", ".inf", "=", "<<", "\u0085", "\u2028", "\u00e9", "\U0001f600", "'", `"`, "{a}", "*x", "&x", "!x", "%x", "@x", "`x",
		"---", "a\n---\nb", "...", "", " ", "\n", " \n ",
	} {
		a := parse(t, `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}}`)
		a.Spec.Info = []app.Info{{Name: "text", Value: text}}
		a.Metadata.Labels = map[string]string{text: "key"}
		a.Spec.Project = app.DefaultProject
		b, err := app.Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := app.Decode(b, "web.yaml")
		if err != nil {
			t.Errorf("%q cannot be read back: %v\n%s", text, err, b)
			continue
		}
		if diff := cmp.Diff(document(t, a), document(t, got)); diff != "" {
			t.Errorf("%q changed (-in +out):\n%s", text, diff)
		}
	}
}
