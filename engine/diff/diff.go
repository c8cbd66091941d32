// Package diff decides what a difference between a desired and a live object is, and describes it.
//
// The comparison is of three values. Desired is what was rendered; live is what the cluster has; predicted is what
// the cluster would have after an apply, as the server's dry run answered. What is shown and counted is the difference
// between live and predicted: defaults, quantities written in another way and fields that somebody else owns are then
// no differences, because the server does not think them such. Rules of the user (ignoreDifferences) remove fields
// from both sides before the verdict.
//
// Everything here is pure: values in, values out. A [Diff] holds no text of a Secret; see [Mask].
package diff

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Verdict is the outcome of comparing one object. The zero Verdict is "not compared".
type Verdict int

// The verdicts.
const (
	// NotCompared says that no comparison was possible; Diff.Reason says why.
	NotCompared Verdict = iota
	// InSync says that an apply would change nothing.
	InSync
	// OwnershipOnly says that an apply would change nothing but who owns fields; it never counts as out of sync.
	OwnershipOnly
	// Differs says that an apply would change the object; Diff.Changes lists the fields.
	Differs
	// Create says that the object is missing and would be created.
	Create
	// Prune says that the object is live, carries our mark and is desired no more.
	Prune
	// Conflict says that the server refuses because other field managers hold fields. A sync applies with force, and so do the
	// comparisons that it is made of: they say Differs, with the manager of each field.
	Conflict
	// Immutable says that the server refuses because a field cannot be changed in place.
	Immutable
	// Refused says that the server refuses for another reason: admission, validation, permission.
	Refused
	// MissingKind says that the cluster does not serve the object's kind.
	MissingKind
	// Foreign says that another store or application marked the live object; it is left alone until it is adopted.
	Foreign
)

var verdictNames = [...]string{
	"not compared", "in sync", "ownership only", "differs", "create", "prune", "conflict", "immutable", "refused",
	"missing kind", "foreign",
}

// String returns the verdict in words.
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return fmt.Sprintf("Verdict(%d)", int(v))
	}
	return verdictNames[v]
}

// MarshalText writes the verdict in words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// How says what a verdict rests on. The zero How is "not checked".
type How int

// The grounds of a verdict, from none to the best.
const (
	// NotChecked says that nobody was asked; Diff.Reason says why.
	NotChecked How = iota
	// Shape says that the object was checked for its form only, because its namespace or kind does not exist yet.
	Shape
	// Schema says that the object was checked by the definition of its kind that the sync writes before it. Admission was not asked.
	Schema
	// Proof says that the merge that the server would make was made here. When it changes nothing, neither would an apply;
	// of a merge that changes something Diff.Unchecked says why the server was not asked about it.
	Proof
	// Server says that the API server answered a dry run.
	Server
	// Texts says that rendered objects were compared with each other, without a cluster.
	Texts
)

var howNames = [...]string{"not checked", "shape only", "CRD schema", "proof", "server", "texts"}

// String returns the ground in words.
func (h How) String() string {
	if h < 0 || int(h) >= len(howNames) {
		return fmt.Sprintf("How(%d)", int(h))
	}
	return howNames[h]
}

// MarshalText writes the ground in words.
func (h How) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Diff is the comparison of one object.
type Diff struct {
	Ref     object.Ref `json:"ref"`
	Verdict Verdict    `json:"verdict"`
	How     How        `json:"how"`
	// Reason is the server's or our sentence where the verdict needs one.
	Reason string `json:"reason,omitempty"`
	// Denied is the server's sentence when the caller may not apply the object, nor ask what an apply would do.
	Denied string `json:"denied,omitempty"`
	// Invalid is true when the server refuses the object for what it is.
	Invalid bool `json:"-"`
	// Unchecked is why the server gave no answer where one was needed: admission and defaults are not in the changes.
	Unchecked string `json:"unchecked,omitempty"`
	// Takes names the field managers whose fields become ours before the apply.
	Takes []string `json:"takes,omitempty"`
	// Changes are the differing fields, sorted by path.
	Changes []Change `json:"changes,omitempty"`
	// Ignored are fields that ignoreDifferences takes out of the comparison, and that the apply of the Changes writes all the same.
	// Without a Change there is no apply, and there are none.
	Ignored []Change `json:"ignored,omitempty"`
	// Live and Predicted are the two sides as they may be shown: without bookkeeping fields, with ignored fields removed
	// and Secret data masked. Live is nil for an object that is to be created, Predicted for one that is to be deleted.
	Live      *unstructured.Unstructured `json:"-"`
	Predicted *unstructured.Unstructured `json:"-"`
	// Warnings are the server's remarks on the dry run.
	Warnings []string `json:"warnings,omitempty"`
}

// OutOfSync reports whether the verdict makes the application OutOfSync.
func (d Diff) OutOfSync() bool {
	switch d.Verdict {
	case Differs, Create, Prune, Conflict, Immutable, Refused, MissingKind, Foreign:
		return true
	case NotCompared, InSync, OwnershipOnly:
		return false
	}
	return false
}

// Ground says in words how the verdict was reached.
func (d Diff) Ground() string {
	switch {
	case d.Unchecked != "":
		return "not checked: " + d.Unchecked
	case d.How == Server:
		return "checked by the server"
	case d.How == Texts:
		return "compared without a cluster"
	case d.Verdict == Prune:
		return "found by the application's mark"
	case d.How == Proof:
		return "proven by the merge that the server makes"
	case d.How == Shape:
		return "checked for its form only"
	case d.How == Schema:
		return "checked by the definition of its kind in git"
	}
	return "not checked"
}

// SaysGround reports whether the reason says already how the verdict was reached.
func (d Diff) SaysGround() bool { return strings.HasPrefix(d.Reason, d.Ground()) }

// Change is one differing field.
type Change struct {
	// Path addresses the field from the object's root: .spec.template.spec.containers[web].image. List elements with a
	// name or key are addressed by it, others by number.
	Path string `json:"path"`
	// Old is the live value and New the predicted one, masked for Secrets; a side that lacks the field is nil and its
	// flag is false.
	Old    any  `json:"old,omitempty"`
	New    any  `json:"new,omitempty"`
	HasOld bool `json:"-"`
	HasNew bool `json:"-"`
	// Manager is the field manager that last wrote the live value, with its operation (Apply, Update) and time; empty when
	// the server does not say.
	Manager   string    `json:"manager,omitempty"`
	Operation string    `json:"operation,omitempty"`
	Time      time.Time `json:"time,omitzero"`
	// Admission is true when the new value is not the desired object's: defaulting or admission added it, or wrote another.
	Admission bool `json:"admission,omitempty"`
}
