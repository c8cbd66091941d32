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
}
