package kube

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const admissionGroup = "admissionregistration.k8s.io"

// The kinds that say what is changed on its way in.
var (
	webhookKind = schema.GroupKind{Group: admissionGroup, Kind: "MutatingWebhookConfiguration"}
	policyKind  = schema.GroupKind{Group: admissionGroup, Kind: "MutatingAdmissionPolicy"}
	bindingKind = schema.GroupKind{Group: admissionGroup, Kind: "MutatingAdmissionPolicyBinding"}
)

// admission holds what the cluster changes of objects on their way in.
type admission struct {
	// stale is set from anywhere, also from within a request that is made under the lock.
	stale    atomic.Bool
	mu       sync.Mutex
	mutators []mutator
	unknown  string
	at       time.Time
}

// mutator is one webhook or policy: what it applies to, and a hash of all that it depends on.
type mutator struct {
	name  string
	rules []any
	// exact is true when its rules name what is requested, and nothing that is served in another group as well.
	exact bool
	hash  string
}

// cohabiting are the kinds of a server that it serves in several groups from one store, by the names of their resources. It takes them
// for equivalent (k8s.io/kubernetes pkg/kubeapiserver/default_storage_factory_builder.go): one that is written in one group also meets
// what asks for the other. The newest servers have only events in two; older ones have the group extensions too.
var cohabiting = map[string][]string{
	"daemonsets":      {"apps", "extensions"},
	"deployments":     {"apps", "extensions"},
	"events":          {"", "events.k8s.io"},
	"ingresses":       {"networking.k8s.io", "extensions"},
	"networkpolicies": {"networking.k8s.io", "extensions"},
	"replicasets":     {"apps", "extensions"},
}

// forget has webhooks and policies read again when they are next needed.
func (a *admission) forget() { a.stale.Store(true) }

// moved does so if an object that changed is one of them.
func (a *admission) moved(gk schema.GroupKind) {
	switch gk {
	case webhookKind, policyKind, bindingKind:
		a.forget()
	}
}

// Epoch returns what the outcome of an apply of a kind depends on, beside the objects. It is remembered until a watch
// tells that something of it has changed, or this process adds to it, and for ten minutes at most. What is deleted without a
// watch is still counted meanwhile, which only has the server asked where a proof would do.
func (k *Cluster) Epoch(ctx context.Context, gvk schema.GroupVersionKind) (object.Epoch, error) {
	address, err := k.schemaAddress(ctx, gvk.GroupVersion())
	if err != nil {
		return object.Epoch{}, err
	}
	r, err := k.Resource(ctx, gvk)
	if err != nil {
		return object.Epoch{}, err
	}
	mutators, unknown, err := k.admission.read(ctx, k)
	if err != nil {
		return object.Epoch{}, err
	}
	e := object.Epoch{MutatorsUnknown: unknown}
	parts := []string{address, object.FieldManager, unknown}
	for _, m := range mutators {
		if m.changes(r) {
			e.Mutators = append(e.Mutators, m.name)
			parts = append(parts, m.hash)
		}
	}
	if e.ID, err = object.Hash(parts); err != nil {
		return object.Epoch{}, err
	}
	return e, nil
}

// read returns all mutators of a cluster. A caller who may not read them learns that they are not known.
func (a *admission) read(ctx context.Context, k *Cluster) ([]mutator, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stale.Swap(false) {
		a.at = time.Time{}
	}
	if !a.at.IsZero() && time.Since(a.at) < schemaAge {
		return a.mutators, a.unknown, nil
	}
	begun := time.Now()
	found := map[schema.GroupKind][]unstructured.Unstructured{}
	unknown := ""
	for _, gk := range []schema.GroupKind{webhookKind, policyKind, bindingKind} {
		known, err := k.discover(false)
		if err != nil {
			return nil, "", err
		}
		r, ok := known.preferred[gk]
		if !ok {
			continue
		}
		l, err := k.resource(r, "").List(ctx, metav1.ListOptions{})
		switch {
		case apierrors.IsForbidden(err):
			unknown = "webhooks and policies that change objects may not be read"
			continue
		case err != nil:
			return nil, "", fmt.Errorf("list %s: %w", r.Plural, k.explain(err))
		}
		found[gk] = l.Items
	}
	mutators, err := mutatorsOf(found[webhookKind], found[policyKind], found[bindingKind])
	if err != nil {
		return nil, "", err
	}
	a.mutators, a.unknown, a.at = mutators, unknown, begun
	return mutators, unknown, nil
}

// mutatorsOf lists webhooks and policies. What their hashes leave out is the certificate of a webhook's server, which is
// renewed without meaning anything.
func mutatorsOf(webhooks, policies, bindings []unstructured.Unstructured) ([]mutator, error) {
	var out []mutator
	add := func(name string, rules, match, content any) error {
		list, _ := rules.([]any)
		hash, err := object.Hash([]any{name, content})
		out = append(out, mutator{name: name, rules: list, exact: match == "Exact", hash: hash})
		return err
	}
	for i := range webhooks {
		list, _, _ := unstructured.NestedSlice(webhooks[i].Object, "webhooks")
		for _, w := range list {
			hook, ok := w.(map[string]any)
			if !ok {
				continue
			}
			unstructured.RemoveNestedField(hook, "clientConfig", "caBundle")
			if err := add(fmt.Sprintf("webhook %v", hook["name"]), hook["rules"], hook["matchPolicy"], hook); err != nil {
				return nil, err
			}
		}
	}
	var bound []any
	for i := range bindings {
		bound = append(bound, bindings[i].Object["spec"])
	}
	for i := range policies {
		match, _, _ := unstructured.NestedMap(policies[i].Object, "spec", "matchConstraints")
		if err := add("policy "+policies[i].GetName(), match["resourceRules"], match["matchPolicy"], []any{policies[i].Object["spec"], bound}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// changes reports whether a mutator may change an object of a kind that is there already. Whoever names all subresources, as pods/*,
// means the object itself as well (k8s.io/apiserver pkg/admission/plugin/webhook/predicates/rules), and whoever names one of the groups
// that a kind is served in means all, unless it is exact. Neither versions nor its selectors are looked at: one version stands for all
// of them, and selectors may match tomorrow what they do not match today.
func (m mutator) changes(r object.Resource) bool {
	groups := []string{"*", r.Group}
	if same := cohabiting[r.Plural]; !m.exact && slices.Contains(same, r.Group) {
		groups = append(groups, same...)
	}
	return slices.ContainsFunc(m.rules, func(rule any) bool {
		fields, ok := rule.(map[string]any)
		return ok && names(fields["operations"], "*", "UPDATE") && names(fields["apiGroups"], groups...) &&
			names(fields["resources"], "*", "*/*", r.Plural, r.Plural+"/*")
	})
}

func names(list any, any_ ...string) bool {
	entries, _ := list.([]any)
	return slices.ContainsFunc(entries, func(e any) bool {
		s, ok := e.(string)
		return ok && slices.Contains(any_, s)
	})
}
