// Package health says how objects and applications are doing.
//
// The rules for built-in kinds are Argo CD's (its gitops-engine/pkg/health and bundled checks), one file per family of
// kinds, with corrections where its answer is known to be wrong; each says so. Custom resources that people run are
// judged by their row in custom.yaml, a table of clauses, and all others by a generic rule over their conditions.
// [Assess] judges one object, [Application] the objects of an application together,
// [Hook] an object that is to run to an end; [Info] and [Why] put an object's state into a few words. Everything is
// pure: the object alone decides.
package health

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Assess judges one live object. Nil is Missing; a kind that has no health gives the zero Health, and a version of a
// kind whose form is not known gives Unknown.
func Assess(u *unstructured.Unstructured) app.Health { return (*Checks)(nil).Assess(u) }

// Assess judges as [Assess] does, with the users' own checks before all rules but that for deleted objects.
func (c *Checks) Assess(u *unstructured.Unstructured) app.Health {
	if u == nil {
		return app.Health{Status: app.Missing, Message: "not in the cluster"}
	}
	if u.GetDeletionTimestamp() != nil && !slices.Contains(u.GetFinalizers(), finalizerHook) {
		return progressing("Pending deletion")
	}
	gvk := u.GroupVersionKind()
	if own, ok := c.of(gvk.GroupKind()); ok {
		return own.assess(u)
	}
	r, ok := ruleOf(gvk.GroupKind())
	if !ok {
		if builtinGroups[gvk.Group] {
			return app.Health{}
		}
		return generic(u)
	}
	if len(r.versions) > 0 && !slices.Contains(r.versions, gvk.Version) {
		return unknown(fmt.Sprintf("the health of %s in version %s is not known", gvk.Kind, gvk.Version))
	}
	return r.assess(u)
}

// finalizerHook is Argo CD's: it keeps a hook that has ended until its outcome was seen.
const finalizerHook = "argocd.argoproj.io/hook-finalizer"

// Gates judges as [Checks.Gates] does without checks of the users' own.
func Gates(u *unstructured.Unstructured) bool { return (*Checks)(nil).Gates(u) }

// Gates reports whether the health of an object holds a sync wave back. A generic judgement never does: a custom
// resource without conditions would stop a sync for ever.
func (c *Checks) Gates(u *unstructured.Unstructured) bool {
	if _, own := c.of(u.GroupVersionKind().GroupKind()); own {
		return true
	}
	_, known := ruleOf(u.GroupVersionKind().GroupKind())
	return known
}

// Ignored reports whether an object asks not to count for the health of its application.
func Ignored(u *unstructured.Unstructured) bool {
	return u != nil && u.GetAnnotations()[object.AnnotationIgnoreHealth] == "true"
}

func healthy(message string) app.Health {
	return app.Health{Status: app.Healthy, Message: message}
}

func progressing(message string) app.Health {
	return app.Health{Status: app.Progressing, Message: message}
}

func degraded(message string) app.Health {
	return app.Health{Status: app.Degraded, Message: message}
}

func suspended(message string) app.Health {
	return app.Health{Status: app.Suspended, Message: message}
}

func unknown(message string) app.Health {
	return app.Health{Status: app.HealthUnknown, Message: message}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
