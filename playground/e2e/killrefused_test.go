package e2e

import (
	"errors"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// refuses is the label by which an object has the server refuse a write, but not its dry run: CREATE, UPDATE or DELETE.
const refuses = "playground.wheelhouse.dev/refuses"

var errAllowed = errors.New("it is allowed")

// refused are operations of which one step fails at each try.
var refused = []scene{
	{"sync", []string{"failed create"}, func(k *killer) doomed {
		return k.bringRefused(func(n int) map[string]string {
			return map[string]string{"unwelcome.yaml": refusing("CREATE", configMap("unwelcome", valueAt(n)))}
		})
	}},
	{"sync", []string{"failed change"}, func(k *killer) doomed { return k.bringRefused(stubborn) }},
	{"sync", []string{"failed own"}, func(k *killer) doomed {
		d := k.bringRefused(stubborn)
		k.makeStubborn(d.to)
		return d
	}},
	{"sync", []string{"failed prune"}, func(k *killer) doomed {
		next := k.commits + 1
		// Last and without a hook for the failure: else the next entry follows at once, and no process is killed between the two.
		last := withOptions("PruneLast=true", files(next)["only.yaml"])
		k.syncs(map[string]string{"only.yaml": refusing("DELETE", last)})
		return k.bringRefused(func(int) map[string]string { return map[string]string{"rescue.yaml": ""} })
	}},
	{"sync", []string{"failed replace"}, func(k *killer) doomed {
		next := k.commits + 1
		k.syncs(map[string]string{"fixed.yaml": refusing("DELETE", files(next)["fixed.yaml"])})
		return k.bringRefused(nothing)
	}},
	{"sync", []string{"failed hook"}, func(k *killer) doomed {
		return k.bringRefused(func(int) map[string]string {
			return map[string]string{"bad.yaml": failing(hook("bad", "PreSync"))}
		})
	}},
	{"hand-back", []string{"failed unmark"}, func(k *killer) doomed {
		k.makeStubborn(k.state)
		d := k.handBack()
		d.fails = true
		return d
	}},
}

func nothing(int) map[string]string { return nil }

// stubborn has an object refuse to be changed.
func stubborn(n int) map[string]string {
	return map[string]string{"stubborn.yaml": refusing("UPDATE", configMap("stubborn", valueAt(n)))}
}

func refusing(operation, manifest string) string {
	return strings.Replace(manifest, "metadata:\n", "metadata:\n  labels: {"+refuses+": "+operation+"}\n", 1)
}

// bringRefused syncs a new commit of which something is refused.
func (k *killer) bringRefused(further func(n int) map[string]string) doomed {
	k.t.Helper()
	d := syncing(k.state, k.commit(further(k.commits+1)))
	d.fails = true
	return d
}

// makeStubborn puts an object that cannot be changed in the place of one, as of a commit: by hand.
func (k *killer) makeStubborn(n int) {
	k.t.Helper()
	old := k.see.get(victim, "stubborn")
	k.see.remove(victim, "stubborn")
	cm := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "stubborn", Annotations: old.Annotations, Labels: map[string]string{refuses: "UPDATE"}},
		Data:       map[string]string{"value": valueAt(n)},
	}
	if _, err := k.see.client.CoreV1().ConfigMaps(victim).Create(k.t.Context(), cm, metav1.CreateOptions{}); err != nil {
		k.t.Fatal(err)
	}
}

// failed ends an operation of which something was refused: each object is as before or as planned, and it is undone.
func (k *killer) failed(d doomed) string {
	k.t.Helper()
	for _, name := range []string{"one", "two", "three", "fixed", "stubborn"} {
		v := k.see.get(victim, name).Data["value"]
		if !slices.Contains([]string{valueAt(d.from), valueAt(d.to)}, v) {
			k.t.Errorf("a %s from v%d to v%d failed: %s is %s", d.kind, d.from, d.to, name, v)
		}
	}
	k.undo(d)
	return ", failed, undone"
}

// refuse has the server refuse what objects ask to have refused.
func (e eyes) refuse() {
	e.t.Helper()
	subject := "(request.operation == 'DELETE' ? oldObject : object)"
	e.deny("refused-by-label", "configmaps", "request.dryRun || !has("+subject+".metadata.labels) || !('"+refuses+"' in "+subject+".metadata.labels) || "+
		subject+".metadata.labels['"+refuses+"'] != request.operation", admissionv1.Create, admissionv1.Update, admissionv1.Delete)
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "refused-", Labels: map[string]string{refuses: "CREATE"}}}
	playtest.Eventually(e.t, playtest.Patience, "the policy holds", func() error {
		_, err := e.client.CoreV1().ConfigMaps("default").Create(e.t.Context(), cm, metav1.CreateOptions{})
		if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
			return nil
		}
		return errAllowed
	})
}

// allow has no object of a namespace refuse anything any more.
func (e eyes) allow(namespace string) {
	e.t.Helper()
	configMaps := e.client.CoreV1().ConfigMaps(namespace)
	list, err := configMaps.List(e.t.Context(), metav1.ListOptions{LabelSelector: refuses})
	if err != nil {
		e.t.Fatal(err)
	}
	for _, cm := range list.Items {
		patch := []byte(`{"metadata":{"labels":{"` + refuses + `":null}}}`)
		if _, err := configMaps.Patch(e.t.Context(), cm.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			e.t.Fatal(err)
		}
	}
}
