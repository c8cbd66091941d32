package clustertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// grant lets a user look at resources of the namespace.
func (b *bench) grant(user string, resources ...string) {
	b.t.Helper()
	meta := metav1.ObjectMeta{GenerateName: "tenant-"}
	role, err := b.client.RbacV1().Roles(b.namespace).Create(b.t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		Verbs: []string{"get", "list", "watch"}, APIGroups: []string{"", "apps"}, Resources: resources,
	}}}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.client.RbacV1().RoleBindings(b.namespace).Create(b.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
}

// tenant is a user who has the rights that the test grants, and the cluster as it reaches that user over a line.
func (b *bench) tenant() (string, *line) {
	b.t.Helper()
	user, l := b.namespace+"-tenant", b.newLine()
	l.cluster = b.with(func(c *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) {
		l.lead(c)
		u.Impersonate = user
	})
	return user, l
}

// elsewhere makes a second namespace, and returns the bench of it.
func (b *bench) elsewhere() *bench {
	b.t.Helper()
	ns, err := b.client.CoreV1().Namespaces().Create(b.t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "clustertest-"}}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	other := *b
	other.namespace = ns.Name
	return &other
}

// TestWatchOfATenant watches with rights in one namespace, and then in a second one.
func TestWatchOfATenant(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	user, line := b.tenant()
	b.grant(user, "configmaps", "pods")
	b.apply(b.marked(b.configMap("settings", "colour=red")))
	k := line.cluster
	w := watch(t, k)
	settings := b.ref("", "ConfigMap", "settings")
	ours := object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings, b.ref("", "ConfigMap", "to-come")}}
	b.becomes(k, ours, map[string]string{"settings": "red"})

	t.Log("a change is told, and memory has it")
	asked := line.about(b.namespace)
	w.forget()
	b.patch("settings", `{"data":{"colour":"blue"}}`, "colleague")
	w.hears(object.Event{Ref: settings, App: b.namespace})
	b.becomes(k, ours, map[string]string{"settings": "blue"})
	b.apply(b.marked(b.configMap("to-come", "colour=green")))
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "to-come"), App: b.namespace})
	b.becomes(k, ours, map[string]string{"settings": "blue", "to-come": "green"})
	b.remove("to-come")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "to-come"), App: b.namespace, Deleted: true})
	b.becomes(k, ours, map[string]string{"settings": "blue"})
	if now := line.about(b.namespace); !slices.Equal(asked, now) {
		t.Errorf("memory answers with requests: %v", now[len(asked):])
	}

	t.Log("whoever waits for an object is told what would be told")
	for ref, want := range map[object.Ref]bool{
		settings: true, b.ref("", "Pod", "any"): true, b.ref("", "Secret", "any"): false,
		{Kind: "ConfigMap", Namespace: "default", Name: "any"}: false, {Kind: "Namespace", Name: b.namespace}: false,
	} {
		if _, told := k.Changed(t.Context(), []object.Ref{ref}); told != want {
			t.Errorf("of %s it is told: %t", ref, told)
		}
	}

	t.Log("what is forbidden in the namespace as well is named")
	secret := b.ref("", "Secret", "password")
	set, err := k.Live(t.Context(), object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings, secret}})
	if err != nil || len(set.Objects) != 1 || set.Unreadable[secret.Place()] == nil {
		t.Errorf("%d objects, unreadable are %v (%v)", len(set.Objects), set.Unreadable, err)
	}
	skipped := k.Knowledge().Skipped
	if why := skipped[secret.Place()]; !strings.Contains(why, "forbidden") {
		t.Errorf("Secrets are skipped for the reason %q", why)
	}
	if why := skipped[object.Place{Kind: schema.GroupKind{Kind: "Namespace"}}]; !strings.Contains(why, "forbidden") {
		t.Errorf("Namespaces are skipped for the reason %q", why)
	}
	for _, p := range []object.Place{settings.Place(), settings.Place().Wide(), secret.Place().Wide()} {
		if why, ok := skipped[p]; ok {
			t.Errorf("%s is skipped for the reason %q", p, why)
		}
	}

	t.Log("a namespace that comes up later is watched as well")
	other := b.elsewhere()
	other.grant(user, "configmaps")
	there := other.ref("", "ConfigMap", "there")
	both := object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings, there}}
	b.becomes(k, both, map[string]string{"settings": "blue"})
	u := other.configMap("there", "colour=white")
	object.SetMark(u, b.namespace, "store-1")
	b.apply(u)
	w.hears(object.Event{Ref: there, App: b.namespace})
	b.becomes(k, both, map[string]string{"settings": "blue", "there": "white"})
}

// TestATenantsTree wants what comes of a declared object told, and shown.
func TestATenantsTree(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	user, line := b.tenant()
	b.grant(user, "deployments", "replicasets", "pods")
	k := line.cluster
	w := watch(t, k)
	front := b.ref("apps", "Deployment", "front")
	if _, err := k.Live(t.Context(), object.LiveQuery{App: b.namespace, Refs: []object.Ref{front}}); err != nil {
		t.Fatal(err)
	}
	root := b.rollOut()
	pods, err := b.client.CoreV1().Pods(b.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		w.hears(object.Event{Ref: b.ref("", "Pod", pod.Name), App: b.namespace})
	}
	nodes, err := k.Tree(t.Context(), []*unstructured.Unstructured{root})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Deployment", "Deployment > ReplicaSet", "ReplicaSet > Pod", "ReplicaSet > Pod"}, shape(nodes)); d != "" {
		t.Errorf("the tree (-want +got):\n%s", d)
	}
}

// TestARightIsGranted wants changes told once they may be watched, in the namespace first and then everywhere.
func TestARightIsGranted(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	user, line := b.tenant()
	b.apply(b.marked(b.configMap("settings", "colour=red")))
	k := line.cluster
	w := watch(t, k)
	settings := b.ref("", "ConfigMap", "settings")
	ours := object.LiveQuery{App: b.namespace, Refs: []object.Ref{settings}}
	set, err := k.Live(t.Context(), ours)
	if err != nil || set.Unreadable[settings.Place()] == nil {
		t.Fatalf("unreadable are %v (%v)", set.Unreadable, err)
	}
	b.grant(user, "configmaps")
	b.becomes(k, ours, map[string]string{"settings": "red"})
	playtest.Eventually(t, playtest.Patience, "it is watched", func() error { return b.told(k, settings) })
	w.forget()
	b.patch("settings", `{"data":{"colour":"blue"}}`, "colleague")
	w.hears(object.Event{Ref: settings, App: b.namespace})
	if why, skipped := k.Knowledge().Skipped[settings.Place()]; skipped {
		t.Errorf("it is skipped for the reason %q", why)
	}

	t.Log("with the right to all, one watch hears of all")
	if _, err := b.client.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	line.cut()
	playtest.Eventually(t, playtest.Patience, "the cut is noticed", func() error {
		if k.Knowledge().Err == nil {
			return errors.New("it is not")
		}
		return nil
	})
	line.mend()
	elsewhere := object.Ref{Kind: "ConfigMap", Namespace: "kube-system", Name: "any"}
	playtest.Eventually(t, playtest.Patience, "all is watched", func() error {
		if _, err := k.Live(t.Context(), ours); err != nil {
			return err
		}
		return b.told(k, elsewhere)
	})
	w.forget()
	b.patch("settings", `{"data":{"colour":"green"}}`, "colleague")
	w.hears(object.Event{Ref: settings, App: b.namespace})
	b.becomes(k, ours, map[string]string{"settings": "green"})
	if skipped := k.Knowledge().Skipped; len(skipped) != 0 {
		t.Errorf("skipped are %v", skipped)
	}
}

// told reports whether a change of an object would be told.
func (b *bench) told(k *kube.Cluster, ref object.Ref) error {
	if _, told := k.Changed(b.t.Context(), []object.Ref{ref}); !told {
		return fmt.Errorf("a change of %s would not be told", ref)
	}
	return nil
}
