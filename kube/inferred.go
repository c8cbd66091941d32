package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Some objects belong to others and have no owner reference that says so: the claims of a StatefulSet, which are to outlive it, the
// tokens of a ServiceAccount, and the Endpoints of a Service. An object that has owner references belongs to those alone.

var (
	setKind       = schema.GroupKind{Group: "apps", Kind: "StatefulSet"}
	claimKind     = schema.GroupKind{Kind: "PersistentVolumeClaim"}
	secretKind    = schema.GroupKind{Kind: "Secret"}
	accountKind   = schema.GroupKind{Kind: "ServiceAccount"}
	serviceKind   = schema.GroupKind{Kind: "Service"}
	endpointsKind = schema.GroupKind{Kind: "Endpoints"}
)

// stemOf returns what the claims of one template of one StatefulSet have in common: of <template>-<set>-<ordinal> all but the
// ordinal. Where the template's name ends, it does not say.
func stemOf(claim object.Ref) (object.Ref, bool) {
	if claim.GroupKind() != claimKind {
		return object.Ref{}, false
	}
	end := strings.LastIndexByte(claim.Name, '-')
	if end < 0 || !isOrdinal(claim.Name[end+1:]) {
		return object.Ref{}, false
	}
	claim.Name = claim.Name[:end]
	return claim, true
}

// isOrdinal reports whether a text is a number as a StatefulSet counts its Pods.
func isOrdinal(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && (text == "0" || text[0] != '0')
}

// stemsOf returns the stems of a StatefulSet's claims, one a template.
func stemsOf(set *unstructured.Unstructured) []object.Ref {
	if set == nil || object.Of(set).GroupKind() != setKind {
		return nil
	}
	var out []object.Ref
	templates, _, _ := unstructured.NestedSlice(set.Object, "spec", "volumeClaimTemplates")
	for _, t := range templates {
		template, _ := t.(map[string]any)
		if name, _, _ := unstructured.NestedString(template, "metadata", "name"); name != "" {
			out = append(out, object.Ref{Kind: claimKind.Kind, Namespace: set.GetNamespace(), Name: name + "-" + set.GetName()})
		}
	}
	return out
}

// ownersOf returns the UIDs of those whom an object belongs to.
func ownersOf(u *unstructured.Unstructured) []types.UID {
	refs := u.GetOwnerReferences()
	if len(refs) == 0 && object.Of(u).GroupKind() == secretKind {
		kind, _, _ := unstructured.NestedString(u.Object, "type")
		return accountOf(kind, u.GetAnnotations())
	}
	var out []types.UID
	for i := range refs {
		out = append(out, refs[i].UID)
	}
	return out
}

// accountOf returns the UID of the ServiceAccount of which a Secret is the token, by the Secret's type and annotations.
func accountOf(kind string, annotations map[string]string) []types.UID {
	uid := annotations[corev1.ServiceAccountUIDKey]
	if kind != string(corev1.SecretTypeServiceAccountToken) || uid == "" {
		return nil
	}
	// The annotations may be parts of a whole text.
	return []types.UID{types.UID(strings.Clone(uid))}
}
