package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// guestbook is a ksonnet application as `ks init`, `ks generate` and `ks env add` write it.
var guestbook = repo{
	"shop/app.yaml": `apiVersion: 0.3.0
kind: ksonnet.io/app
name: shop
environments:
  default:
    destination: {namespace: shop, server: "https://example.com"}
    k8sVersion: v1.10.3
    path: default
  prod:
    destination: {namespace: prod, server: "https://example.com"}
    k8sVersion: v1.10.3
    path: prod
`,
	"shop/lib/ksonnet-lib/v1.10.3/k.libsonnet": "{ map(name, data):: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: name}, data: data} }\n",
	"shop/components/params.libsonnet":         "{ global: {owner: 'ada'}, components: { ui: {replicas: 1, name: 'ui'}, db: {size: 5} } }\n",
	"shop/components/ui.jsonnet": `local env = std.extVar("__ksonnet/environments");
local params = std.extVar("__ksonnet/params").components.ui;
local k = import "k.libsonnet";
[k.map(params.name, {replicas: std.toString(params.replicas), owner: params.owner, namespace: env.namespace})]
`,
	"shop/components/db.jsonnet": `local p = std.extVar("__ksonnet/params").components.db;
{service: {apiVersion: "v1", kind: "Service", metadata: {name: "db"}, spec: {size: p.size}}}
`,
	"shop/components/plain.yaml":               configMap("plain", "one"),
	"shop/components/jobs/params.libsonnet":    "{ components: { nightly: {at: 3} } }\n",
	"shop/components/jobs/nightly.jsonnet":     `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "nightly"}, data: {at: "" + std.extVar("__ksonnet/params").components["jobs.nightly"].at}}` + "\n",
	"shop/environments/base.libsonnet":         "local components = std.extVar(\"__ksonnet/components\");\ncomponents + {}\n",
	"shop/environments/default/main.jsonnet":   "local base = import 'base.libsonnet';\nbase + {}\n",
	"shop/environments/prod/globals.libsonnet": "{}\n",
	"shop/environments/prod/params.libsonnet": `local params = std.extVar("__ksonnet/params");
local globals = import "globals.libsonnet";
local envParams = params + { components +: { ui +: { replicas: 5 } } };
{ components: { [x]: envParams.components[x] + globals, for x in std.objectFields(envParams.components) } }
`,
	"shop/environments/prod/main.jsonnet": "local base = import 'base.libsonnet';\nbase + { db:: null, \"jobs.nightly\": [] }\n",
}

func ksonnet(k *app.KsonnetSource) app.Source { return app.Source{Path: "shop", Ksonnet: k} }

func TestKsonnet(t *testing.T) {
	t.Parallel()
	type data = map[string]string
	for name, c := range map[string]struct {
		opts    *app.KsonnetSource
		objects []string
		ui      data
	}{
		"the default environment": {
			nil,
			[]string{"Service/db", "ConfigMap/nightly", "ConfigMap/plain", "ConfigMap/ui"},
			data{"replicas": "1", "owner": "ada", "namespace": "shop"},
		},
		"a chosen environment, with its parameters and without what it takes away": {
			&app.KsonnetSource{Environment: "prod"},
			[]string{"ConfigMap/plain", "ConfigMap/ui"},
			data{"replicas": "5", "owner": "ada", "namespace": "prod"},
		},
		"the application's own parameters": {
			&app.KsonnetSource{Environment: "prod", Parameters: []app.KsonnetParameter{
				{Component: "ui", Name: "replicas", Value: "7"}, {Component: "ui", Name: "owner", Value: "$ARGOCD_APP_NAME"},
			}},
			[]string{"ConfigMap/plain", "ConfigMap/ui"},
			data{"replicas": "7", "owner": "web", "namespace": "prod"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := guestbook.render(t, ksonnet(c.opts))
			if out.Tool != app.ToolKsonnet {
				t.Errorf("rendered by %s", out.Tool)
			}
			if d := cmp.Diff(c.objects, names(out.Objects)); d != "" {
				t.Errorf("objects (-want +got):\n%s", d)
			}
			got := data{}
			for k, v := range out.Objects[len(out.Objects)-1].Object["data"].(map[string]any) {
				got[k] = v.(string)
			}
			if d := cmp.Diff(c.ui, got); d != "" {
				t.Errorf("ui (-want +got):\n%s", d)
			}
		})
	}
}

func TestKsonnetThatFails(t *testing.T) {
	t.Parallel()
	_ = guestbook.fails(t, ksonnet(&app.KsonnetSource{Environment: "nowhere"}), "nowhere", "default, prod")
	_ = guestbook.fails(t, ksonnet(&app.KsonnetSource{Parameters: []app.KsonnetParameter{{Component: "gone", Name: "a", Value: "b"}}}), "gone", "ui")
	_ = guestbook.with(repo{"shop/components/ui.jsonnet": "import '../../../../etc/passwd'"}).fails(t, ksonnet(nil), "not in the repository")
	two := guestbook.with(repo{"shop/app.yaml": "apiVersion: 0.2.0\nkind: ksonnet.io/app\nenvironments: {a: {}, b: {}}\n"})
	_ = two.fails(t, ksonnet(nil), "2 environments", "a, b")
}

func TestAnAppYamlOfSomethingElse(t *testing.T) {
	t.Parallel()
	out := repo{"app.yaml": configMap("app", "one")}.render(t, app.Source{})
	if out.Tool != app.ToolDirectory || len(out.Objects) != 1 {
		t.Errorf("rendered by %s: %v", out.Tool, names(out.Objects))
	}
}
