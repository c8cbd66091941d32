package clustertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// predicted are objects whose next apply is predicted. Each is applied as it is, then changed by a colleague, then
// wanted with its lines replaced.
var predicted = map[string]struct {
	text string
	// replace are pairs of old and new text.
	replace []string
	// colleague is a merge patch of the live object by another manager.
	colleague string
}{
	"a Deployment that is unchanged":               {text: deployment},
	"a Deployment with another image":              {text: deployment, replace: []string{"nginx:1.29", "nginx:1.30"}},
	"a Deployment with other replicas":             {text: deployment, replace: []string{"replicas: 2", "replicas: 5"}},
	"a Deployment that loses a variable":           {text: deployment, replace: []string{"        - {name: LEVEL, value: \"3\"}\n", ""}},
	"a Deployment that loses all variables":        {text: deployment, replace: []string{"        env:\n        - {name: MODE, value: fast}\n        - {name: LEVEL, value: \"3\"}\n", ""}},
	"a Deployment with a changed variable":         {text: deployment, replace: []string{"value: fast", "value: slow"}},
	"a Deployment with another variable":           {text: deployment, replace: []string{"        - {name: MODE", "        - {name: NEW, value: x}\n        - {name: MODE"}},
	"a Deployment with its variables in order":     {text: deployment, replace: []string{"        - {name: MODE, value: fast}\n        - {name: LEVEL, value: \"3\"}\n", "        - {name: LEVEL, value: \"3\"}\n        - {name: MODE, value: fast}\n"}},
	"a Deployment with a label more":               {text: deployment, replace: []string{"  name: front\nspec", "  name: front\n  labels: {team: blue}\nspec"}},
	"a Deployment with limits":                     {text: deployment, replace: []string{"        ports:", "        resources: {limits: {cpu: \"0.1\", memory: 1024Mi}}\n        ports:"}},
	"a Deployment with zeros written out":          {text: zeros},
	"a Deployment that gets zeros written out":     {text: deployment, replace: []string{"  replicas: 2\n", "  replicas: 2\n  paused: false\n  minReadySeconds: 0\n"}},
	"a Deployment that is paused no more":          {text: strings.Replace(deployment, "  replicas: 2\n", "  replicas: 2\n  paused: true\n", 1), replace: []string{"paused: true", "paused: false"}},
	"a Service with zeros written out":             {text: service, replace: []string{"  selector: ", "  publishNotReadyAddresses: false\n  selector: "}},
	"a Deployment that a colleague scaled":         {text: deployment, colleague: `{"spec":{"replicas":7}}`},
	"a Deployment that a colleague annotated":      {text: deployment, replace: []string{"nginx:1.29", "nginx:1.30"}, colleague: `{"metadata":{"annotations":{"note":"kept"}},"spec":{"paused":true}}`},
	"a Deployment that loses what is no one's":     {text: strings.Replace(deployment, "  name: front\nspec", "  name: front\n  annotations: {note: ours}\nspec", 1), replace: []string{"  annotations: {note: ours}\n", ""}},
	"a Deployment that loses what another wrote":   {text: strings.Replace(deployment, "  name: front\nspec", "  name: front\n  annotations: {note: ours}\nspec", 1), replace: []string{"  annotations: {note: ours}\n", ""}, colleague: `{"metadata":{"annotations":{"note":"theirs"}}}`},
	"a Service that is unchanged":                  {text: service},
	"a Service with another port":                  {text: service, replace: []string{"  - {name: http, port: 80}", "  - {name: https, port: 443, targetPort: 8443, protocol: TCP}\n  - {name: http, port: 80}"}},
	"a Service with a changed target":              {text: service, replace: []string{"targetPort: 9001", "targetPort: web"}},
	"a Service that loses a port":                  {text: service, replace: []string{"  - {name: admin, port: 9000, targetPort: 9001}\n", ""}},
	"a Service with another selector":              {text: service, replace: []string{"selector: {app: front}", "selector: {app: back, tier: web}"}},
	"a Service that loses its labels":              {text: service, replace: []string{"  labels: {tier: web}\n", ""}},
	"a Service that a colleague changed":           {text: service, colleague: `{"spec":{"selector":{"app":"other","extra":"kept"},"sessionAffinity":"ClientIP"}}`},
	"a ConfigMap that is unchanged":                {text: settings},
	"a ConfigMap with a changed value":             {text: settings, replace: []string{"colour: red", "colour: blue"}},
	"a ConfigMap that loses a key":                 {text: settings, replace: []string{"  size: \"1\"\n", ""}},
	"a ConfigMap with another key":                 {text: settings, replace: []string{"  colour: red", "  colour: red\n  new: |\n    two\n    lines"}},
	"a ConfigMap that loses all data":              {text: settings, replace: []string{"data:\n  colour: red\n  size: \"1\"\n", ""}},
	"a ConfigMap with a key of a colleague's":      {text: settings, replace: []string{"colour: red", "colour: blue"}, colleague: `{"data":{"theirs":"kept"}}`},
	"a ConfigMap that a colleague took a key from": {text: settings, colleague: `{"data":{"size":null}}`},
	"a scaler in git's version":                    {text: scaler, replace: []string{"targetCPUUtilizationPercentage: 50", "targetCPUUtilizationPercentage: 60"}, colleague: `{"metadata":{"labels":{"seen":"yes"}},"spec":{"maxReplicas":9}}`},
	"a scaler that a colleague changed":            {text: scaler, colleague: `{"spec":{"maxReplicas":9,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":80}}}]}}`},
	"a scaler that loses a field":                  {text: scaler, replace: []string{"  labels: {team: blue}\n", ""}, colleague: `{"spec":{"maxReplicas":9}}`},
	"a ConfigMap that is both's":                   {text: settings, replace: []string{"  size: \"1\"\n", ""}, colleague: `{"data":{"size":"2"}}`},
}

// zeros is a Deployment that says what it would be anyway; some of it the server stores, and some not.
var zeros = strings.NewReplacer(
	"  replicas: 2\n", "  replicas: 2\n  paused: false\n  minReadySeconds: 0\n  progressDeadlineSeconds: 600\n",
	"      containers:\n", "      hostNetwork: false\n      hostUsers: true\n      automountServiceAccountToken: false\n      volumes: [{name: tmp, emptyDir: {}}]\n      containers:\n",
	"        ports:", "        stdin: false\n        volumeMounts: [{name: tmp, mountPath: /tmp, readOnly: false}]\n        ports:",
).Replace(deployment)

// settings is a ConfigMap.
const settings = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  colour: red
  size: "1"
`

const scaler = `apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: front
  labels: {team: blue}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}
  maxReplicas: 4
  targetCPUUtilizationPercentage: 50
`

// resources are where the kinds of the predicted objects are found.
var resources = map[string]schema.GroupVersionResource{
	"Deployment": {Group: "apps", Version: "v1", Resource: "deployments"},
	"Service":    {Version: "v1", Resource: "services"},
	"ConfigMap":  {Version: "v1", Resource: "configmaps"},
	// The colleague's version is another than that of the object.
	"HorizontalPodAutoscaler": {Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"},
}

// content is an object without the server's bookkeeping and without a status.
func content(u *unstructured.Unstructured) map[string]any {
	u = u.DeepCopy()
	u.SetManagedFields(nil)
	u.SetResourceVersion("")
	u.SetGeneration(0)
	unstructured.RemoveNestedField(u.Object, "status")
	return u.Object
}

func TestPredictEqualsADryRun(t *testing.T) {
	t.Parallel()
	// Who may only look predicts too.
	viewer := clusterOf(t, playtest.Shared(t).Kubeconfig(), playground.ViewerContext)
	for name, c := range predicted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			ref := object.Of(b.apply(b.object(c.text)))
			if c.colleague != "" {
				_, err := b.dynamic.Resource(resources[ref.Kind]).Namespace(b.namespace).Patch(
					t.Context(), ref.Name, types.MergePatchType, []byte(c.colleague), metav1.PatchOptions{FieldManager: "colleague"})
				if err != nil {
					t.Fatal(err)
				}
			}
			text := strings.NewReplacer(c.replace...).Replace(c.text)
			if len(c.replace) > 0 && text == c.text {
				t.Fatal("the case replaces nothing")
			}
			want := b.object(text)
			live, answer := b.dryRun(want)
			got, err := viewer.Predict(t.Context(), want, live)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(content(answer), content(got)); d != "" {
				t.Errorf("the prediction (-server +predicted):\n%s", d)
			}
		})
	}
}

// dryRun returns the live object and what the server would make of it, both of one moment: controllers write too.
func (b *bench) dryRun(want *unstructured.Unstructured) (live, answer *unstructured.Unstructured) {
	b.t.Helper()
	playtest.Eventually(b.t, playtest.Patience, "the object stands still", func() error {
		var err error
		if live, err = b.cluster.ReadAs(b.t.Context(), want.GroupVersionKind(), object.Of(want)); err != nil {
			return err
		}
		a, err := b.cluster.Apply(b.t.Context(), object.ApplyRequest{Object: want, DryRun: true})
		if err != nil {
			return err
		}
		if answer = a.Object; answer.GetResourceVersion() != live.GetResourceVersion() {
			return errors.New("it moves")
		}
		return nil
	})
	return live, answer
}

func TestPredictLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	live, want := b.apply(b.configMap("settings", "colour=red", "size=1")), b.configMap("settings", "colour=blue")
	liveBefore, wantBefore := live.DeepCopy(), want.DeepCopy()
	got, err := b.cluster.Predict(t.Context(), want, live)
	if err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedField(got.Object, "green", "data", "colour"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(liveBefore.Object, live.Object); d != "" {
		t.Errorf("the live object (-before +after):\n%s", d)
	}
	if d := cmp.Diff(wantBefore.Object, want.Object); d != "" {
		t.Errorf("the desired object (-before +after):\n%s", d)
	}
	b.becomes(b.cluster, object.LiveQuery{Refs: []object.Ref{object.Of(live)}}, map[string]string{"settings": "red"})
}

func TestPredictRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	live := b.apply(b.object(deployment))
	for name, c := range map[string]struct {
		want *unstructured.Unstructured
		says string
	}{
		"a field that no schema has":   {b.object(strings.Replace(deployment, "replicas", "replica", 1)), ".spec.replica"},
		"a value of another type":      {b.object(strings.Replace(deployment, "replicas: 2", "replicas: two", 1)), ".spec.replicas"},
		"a version that is not served": {b.object(strings.Replace(deployment, "apps/v1", "apps/v1beta1", 1)), "apps/v1beta1"},
		"a group that is not served":   {b.object(strings.Replace(deployment, "apps/v1", "nowhere.example.com/v1", 1)), "nowhere.example.com/v1"},
		"an object of another version": {b.object(strings.Replace(deployment, "apps/v1", "autoscaling/v1", 1)), "Deployment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := b.cluster.Predict(t.Context(), c.want, live)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the prediction is %v, the error %v; it must say %q", got, err, c.says)
			}
		})
	}
}
