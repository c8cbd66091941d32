package plan

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// syncOption reports whether a sync option such as "Prune=false" holds for an object: its own annotation decides, and
// the application's policy where the annotation does not speak of the option.
func syncOption(spec *app.Spec, u *unstructured.Unstructured, entry string) bool {
	if set, named := app.HoldsOption(object.Options(u, object.AnnotationSyncOptions), entry); named {
		return set
	}
	return spec.SyncOption(entry)
}

// forced reports whether an object may be deleted and made anew without being asked about. Like in Argo CD it is the object's to
// say: an application's Force=true has no effect.
func forced(spec *app.Spec, u *unstructured.Unstructured) bool {
	return syncOption(spec, u, "Replace=true") && object.HasOption(u, object.AnnotationSyncOptions, "Force=true")
}

// Takes names the field managers whose fields an apply of an object takes over: kubectl's and Argo CD's, and the one that the object
// names or else its application, unless ClientSideApplyMigration=false says that none is.
func Takes(a *app.Application, u *unstructured.Unstructured) []string {
	if syncOption(&a.Spec, u, "ClientSideApplyMigration=false") {
		return nil
	}
	if name := cmp.Or(u.GetAnnotations()[object.AnnotationMigrate], a.Metadata.Annotations[object.AnnotationMigrate]); name != "" {
		return append(slices.Clone(object.ClientSideManagers), name)
	}
	return object.ClientSideManagers
}

// Lenient reports whether fields that the schema does not know are to be let pass (Validate=false).
func Lenient(spec *app.Spec, u *unstructured.Unstructured) bool {
	return syncOption(spec, u, "Validate=false")
}

// Approved reports whether the deletions that Prune=confirm and Delete=confirm ask about were approved, by the annotation
// that `app confirm-deletion` writes. An approval serves one operation: one that is older than the end of the last is
// used up.
func Approved(a *app.Application) bool {
	at, err := time.Parse(time.RFC3339, a.Metadata.Annotations[app.AnnotationDeletionApproved])
	if err != nil {
		return false
	}
	last := a.Status.OperationState
	return last == nil || last.FinishedAt != nil && at.After(*last.FinishedAt)
}

// approved reports whether the deletion of a live object that entry, such as "Prune=confirm", asks about was approved. An object that
// holds data or other objects has to ask itself: who approves what an application deletes has not named it.
func approved(a *app.Application, live *unstructured.Unstructured, entry string, holds bool) bool {
	own, _ := app.HoldsOption(object.Options(live, object.AnnotationSyncOptions), entry)
	return (own || !holds && syncOption(&a.Spec, live, entry)) && Approved(a)
}

// keptByHelm reports whether Helm's annotation says that an object outlives its release.
func keptByHelm(u *unstructured.Unstructured) bool {
	return u.GetAnnotations()[object.AnnotationHelmPolicy] == "keep"
}
