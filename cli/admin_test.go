package cli_test

import (
	"strings"
	"testing"
)

func TestAdminRender(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("chart/Chart.yaml", "apiVersion: v2\nname: front\nversion: 1.0.0\n")
	p.write("chart/values.yaml", "greeting: hello\n")
	p.write("chart/loud.yaml", "greeting: HELLO\n")
	p.write("chart/templates/page.yaml",
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  page: {{ .Values.greeting }}\n")
	p.write("kustom/kustomization.yaml", "namePrefix: a-\nresources: [page.yaml]\n")
	p.write("kustom/page.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\n")
	p.write("plain/page.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: page\n data:\n")
	for name, c := range map[string]struct {
		status int
		args   []string
		says   []string
	}{
		"a chart":                    {0, []string{"chart"}, []string{"name: chart", "page: hello"}},
		"a chart with values":        {0, []string{"chart", "--values", "loud.yaml", "--name", "x"}, []string{"name: x", "page: HELLO"}},
		"a kustomization":            {0, []string{"kustom", "-o", "name"}, []string{"ConfigMap", "a-page"}},
		"a file that is no YAML":     {7, []string{"plain"}, []string{"page.yaml:5: "}},
		"a folder that is not there": {3, []string{"nowhere"}, []string{"nowhere"}},
		"values that are not there":  {3, []string{"chart", "--values", "soft.yaml"}, []string{"soft.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.in(t).expect(c.status, append([]string{"admin", "render"}, c.args...)...)
			contains(t, r.out+r.err, c.says...)
		})
	}
}

func TestAdminHealth(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {restartPolicy: Always}\nstatus: {phase: Running, " +
		"conditions: [{type: Ready, status: \"True\"}]}\n"
	want := "Healthy\tPod/shop/web\t\n"
	if got := p.must("admin", "health", p.write("pod.yaml", pod)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	both := p.reads(strings.Replace(pod, "Running", "Failed", 1)+"---\n"+pod).must("admin", "health", "-")
	contains(t, both, "Degraded\tPod/shop/web", want)
	list := `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "generation": 2}}]}`
	if got, want := p.reads(list).must("admin", "health", "-"), "Progressing\tJob/once\trunning\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	const certificate = "apiVersion: cert-manager.io/v1\nkind: Certificate\nstatus: {conditions: [{type: Issuing, status: \"True\", message: \"a\\nb\"}]}\n"
	if got, want := p.reads(certificate).must("admin", "health", "-"), "Progressing\tCertificate/\ta b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	lua := p.write("checks.yaml", "resource.customizations.health.Pod: return {status='Degraded', message=obj.metadata.name}\n")
	if got, want := p.must("admin", "health", "--lua", lua, p.write("pod.yaml", pod)), "Degraded\tPod/shop/web\tweb\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wrong := p.write("wrong.yaml", "resource.customizations.health.Pod: if\n")
	contains(t, p.expect(2, "admin", "health", "--lua", wrong, "pod.yaml").err, "health check of Pod")
	contains(t, p.expect(2, "app", "list", "--health-checks", wrong).err, "health check of Pod")
	p.must("app", "list", "--health-checks", lua)
	contains(t, p.reads("kind: [").expect(7, "admin", "health", "-").err, "read -: ")
}

const liveDeployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {deployment.kubernetes.io/revision: "1"}}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", imagePullPolicy: IfNotPresent, resources: {limits: {cpu: 100m}}}
status: {replicas: 5}
`

const desiredDeployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: REPLICAS
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", resources: {limits: {cpu: "0.1"}}}
`

func TestAdminDiff(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("live.yaml", liveDeployment)
	p.write("same.yaml", strings.Replace(desiredDeployment, "REPLICAS", "5", 1))
	p.write("other.yaml", strings.Replace(desiredDeployment, "REPLICAS", "2", 1))
	p.write("more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page, namespace: shop}\n")
	hook := func(annotation string) string {
		return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, namespace: shop, annotations: {" + annotation + "}}\n"
	}
	p.write("hooks.yaml", hook("argocd.argoproj.io/hook: PreSync")+"---\n"+hook("argocd.argoproj.io/hook: Skip")+"---\n"+hook("helm.sh/hook: pre-install")+
		"---\n"+strings.Replace(desiredDeployment, "REPLICAS", "5", 1))
	p.write("misspelt.yaml", strings.NewReplacer("REPLICAS", "5", "replicas", "replica").Replace(desiredDeployment))
	p.write("hook.yaml", strings.ReplaceAll(hook("argocd.argoproj.io/hook: PreSync"), "migrate", "page"))
	p.write("secret-live.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {word: correct-horse}\n")
	p.write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {word: battery-staple}\n")
	const marked = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page, namespace: shop, annotations: {argocd.argoproj.io/tracking-id: \"front:/ConfigMap:shop/page\", argocd.argoproj.io/installation-id: x}}\n"
	p.write("marked.yaml", marked)
	p.write("hook-live.yaml", strings.NewReplacer("apiVersion: v1", "apiVersion: batch/v1", "kind: ConfigMap", "kind: Job", "/ConfigMap:", "batch/Job:").Replace(marked))
	p.write("two.yaml", marked+"---\n"+strings.ReplaceAll(marked, "page", "old"))
	p.write("kubectl.yaml", strings.Replace(marked, "annotations:", "managedFields: [{manager: kubectl-client-side-apply, operation: Update, apiVersion: v1, "+
		"fieldsType: FieldsV1, fieldsV1: {\"f:data\": {\"f:dropped\": {}}}}], annotations:", 1)+"data: {dropped: x}\n")
	p.write("rollout-live.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {size: 1Gi, template: {spec: {containers: [{name: web, resources: {limits: {cpu: \"1\"}}}]}}}\n")
	p.write("rollout.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {size: 1024Mi, template: {spec: {containers: [{name: web, resources: {limits: {cpu: 1000m}}}]}}}\n")
	p.write("cm.yaml", "data: {resource.customizations.knownTypeFields.argoproj.io_Rollout: \"[{field: spec.size, type: core/Quantity}]\"}\n")
	p.write("wrong.yaml", "data: {resource.customizations.knownTypeFields.argoproj.io_Rollout: \"[{field: spec.size, type: core/Size}]\"}\n")
	p.write("rules.yaml", "- {group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}\n")
	p.write("spec.yaml", "ignoreDifferences:\n- {group: apps, kind: Deployment, jqPathExpressions: [.spec.replicas]}\n")
	p.write("broken.yaml", "- {kind: Deployment, jqPathExpressions: [\".spec[\"]}\n")
	for name, c := range map[string]struct {
		status        int
		live, desired string
		flags         []string
		says          []string
	}{
		"defaults and other spellings are no difference": {0, "live.yaml", "same.yaml", nil, nil},
		"a changed field":                             {1, "live.yaml", "other.yaml", nil, []string{"Deployment/shop/web", "-  replicas: 5", "+  replicas: 2"}},
		"a changed field, for a script":               {1, "live.yaml", "other.yaml", []string{"-o", "name"}, []string{"Deployment/shop/web\n"}},
		"a field that rules ignore":                   {0, "live.yaml", "other.yaml", []string{"--ignore", "rules.yaml"}, nil},
		"rules as in an application's spec":           {0, "live.yaml", "other.yaml", []string{"--ignore", "spec.yaml"}, nil},
		"rules that cannot be read":                   {2, "live.yaml", "other.yaml", []string{"--ignore", "broken.yaml"}, []string{".spec["}},
		"an object of the application":                {0, "marked.yaml", "more.yaml", []string{"--app", "front"}, nil},
		"an object of another application":            {1, "marked.yaml", "more.yaml", []string{"--app", "back"}, []string{"foreign", "the application front"}},
		"what is not desired is not the subject":      {0, "two.yaml", "more.yaml", nil, nil},
		"unless it is the application's":              {1, "two.yaml", "more.yaml", []string{"--app", "front"}, []string{"ConfigMap/shop/old", "prune"}},
		"what kubectl wrote and git drops":            {1, "kubectl.yaml", "more.yaml", nil, []string{"-  dropped: x"}},
		"quantities of a custom resource, and others": {1, "rollout-live.yaml", "rollout.yaml", nil, []string{"-  size: 1Gi", "+  size: 1024Mi"}},
		"quantities that a rule for all makes known":  {0, "rollout-live.yaml", "rollout.yaml", []string{"--compare-rules", "cm.yaml"}, nil},
		"rules for all that cannot be read":           {2, "rollout-live.yaml", "rollout.yaml", []string{"--compare-rules", "wrong.yaml"}, []string{"core/Size"}},
		"a field that no schema has":                  {7, "live.yaml", "misspelt.yaml", nil, []string{"compare Deployment/shop/web: ", ".spec.replica: field not declared"}},
		"an object that is not live":                  {1, "live.yaml", "more.yaml", nil, []string{"ConfigMap/shop/page", "create"}},
		"a file that is not there":                    {3, "gone.yaml", "more.yaml", nil, []string{"gone.yaml"}},
		"a side that is not named":                    {2, "", "more.yaml", nil, []string{"--live FILE"}},
		"hooks, and what is to be skipped":            {0, "live.yaml", "hooks.yaml", nil, nil},
		"an object that has become a hook":            {0, "hook-live.yaml", "hook.yaml", []string{"--app", "front"}, nil},
		"a Secret differs, and nobody reads its data": {1, "secret-live.yaml", "secret.yaml", nil, []string{"Secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.in(t).expect(c.status, append([]string{"admin", "diff", "--live", c.live, "--desired", c.desired}, c.flags...)...)
			contains(t, r.out+r.err, c.says...)
			if c.status == 0 && r.out != "" {
				t.Errorf("no difference prints\n%s", r.out)
			}
			if strings.Contains(r.out, "horse") || strings.Contains(r.out, "staple") {
				t.Errorf("data of a Secret is printed:\n%s", r.out)
			}
		})
	}
}
