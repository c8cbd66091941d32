package diff

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Input is what the comparison of one object is made of.
type Input struct {
	// Desired is the normalised, marked object.
	Desired *unstructured.Unstructured
	// Live is nil when there is none.
	Live *unstructured.Unstructured
	// Asked is true when the server was asked for a dry run; Predicted is its answer, or Err its refusal.
	Asked     bool
	Predicted *unstructured.Unstructured
	Err       error
	// Defined is true when Predicted or Err are of a definition that is yet to be written, and not of the server.
	Defined bool
	// Creatable is true when the server, which refuses to change the object, would create it.
	Creatable bool
	// Proof is what the merge of the two says when it changes nothing; the server was then not asked for a prediction.
	Proof object.Proof
	// Unasked is why the server gave no answer: the caller may not ask, or a webhook has side effects. Predicted was then
	// merged here, or Err is why it could not be.
	Unasked  error
	Warnings []string
	Rules    *Rules
	// App and Installation are the owner that live objects should be marked with.
	App, Installation string
}

// Compare decides the verdict of one object and describes its difference. Secret data is masked in the outcome.
//
// A live object without a mark is adopted: its missing mark is a Change like any other. One that carries another
// owner's mark is Foreign, whatever else differs.
func Compare(ctx context.Context, in Input) Diff {
	d := Diff{Ref: object.Of(in.Desired), Warnings: in.Warnings}
	switch {
	case in.Defined:
		d.How = Schema
	case in.Asked:
		d.How = Server
	case in.Unasked != nil:
		d.How, d.Unchecked = Proof, "the server was not asked: "+in.Unasked.Error()
		if Denied(in.Unasked) {
			d.Denied = in.Unasked.Error()
		}
	case in.Proof != object.Unproven:
		d.How = Proof
	}
	live, want := counting(in.Live), counting(in.Desired)
	if in.Live != nil {
		if mark, foreign := object.Foreign(in.Live, in.App, in.Installation); foreign {
			d.Verdict = Foreign
			d.Reason = foreignReason(mark, in.Installation)
			d.Live, d.Predicted = maskPair(live, counting(in.Predicted))
			return d
		}
	}
	if in.Err != nil && in.Unasked != nil {
		d.Reason = in.Err.Error()
		d.Live, d.Predicted = maskPair(live, want)
		return d
	}
	if in.Err != nil {
		d.Verdict, d.Reason = Classify(in.Err)
		d.Invalid = Invalid(in.Err)
		if d.Verdict == Refused && in.Creatable {
			d.Verdict = Immutable
		}
		if d.Verdict == MissingKind && !in.Defined {
			// No request can be made for it.
			d.How = Shape
		}
		if d.Verdict == NotCompared && in.Live == nil {
			// Its namespace or kind is not there yet: the apply will tell.
			if d.Verdict = Create; !in.Defined {
				d.How = Shape
			}
			d.Reason = d.Ground() + ": " + d.Reason
		}
		if in.Defined && in.Predicted != nil {
			want = counting(in.Predicted)
		}
		d.Live, d.Predicted = maskPair(live, want)
		return d
	}
	if in.Live == nil {
		d.Verdict = Create
		predicted := want
		if in.Predicted != nil {
			predicted = counting(in.Predicted)
		}
		_, d.Predicted = maskPair(nil, predicted)
		return d
	}
	if in.Proof != object.Unproven {
		d.Verdict = proven[in.Proof]
		in.Rules.strip(ctx, d.Ref, in.Live, live)
		d.Live, d.Predicted = maskSame(live)
		return d
	}
	if !in.Asked && !in.Defined && in.Unasked == nil {
		d.Reason = "the server was not asked"
		d.Live, d.Predicted = maskPair(live, want)
		return d
	}
	predicted := counting(in.Predicted)
	same := reflect.DeepEqual(live.Object, predicted.Object)
	whole := pair{live.Object, predicted.Object}
	in.Rules.strip(ctx, d.Ref, in.Live, live, predicted)
	d.Changes = changes(live, predicted, want, in.Live)
	if len(d.Changes) > 0 {
		d.Ignored = in.Rules.passedOver(d.Ref, whole, pair{live.Object, predicted.Object}, want, in.Live)
	}
	masked := tokens{}
	if isSecret(in.Live) {
		masked.changes(d.Changes)
		masked.changes(d.Ignored)
	}
	d.Live, d.Predicted = masked.pair(live, predicted)
	switch {
	case len(d.Changes) > 0:
		d.Verdict = Differs
		if object.MarkOf(in.Live).App == "" && object.MarkOf(in.Desired).App != "" {
			d.Reason = "adopted: the live object was made by somebody else and carries no mark"
		}
	case same && !maps.Equal(owners(in.Live), owners(in.Predicted)):
		d.Verdict = OwnershipOnly
	default:
		// Who would own what is ignored does not count either: a sync has no reason to write.
		d.Verdict = InSync
	}
	return d
}

// Unknown is the diff of a desired object of which nobody can tell whether it is there.
func Unknown(want *unstructured.Unstructured, reason error) Diff {
	d := Diff{Ref: object.Of(want), Reason: reason.Error()}
	if Denied(reason) {
		d.Denied = d.Reason
	}
	_, d.Predicted = maskPair(nil, counting(want))
	return d
}

// proven are the verdicts of merges that change nothing.
var proven = map[object.Proof]Verdict{object.Unchanged: InSync, object.OwnersChange: OwnershipOnly}

// Extra is the diff of a live object that carries our mark and is desired no more.
func Extra(live *unstructured.Unstructured) Diff {
	d := Diff{Ref: object.Of(live), Verdict: Prune, How: Proof, Reason: "not in git"}
	d.Live, _ = maskPair(counting(live), nil)
	return d
}

func foreignReason(m object.Mark, installation string) string {
	if m.Installation == installation {
		return fmt.Sprintf("it belongs to the application %s", m.App)
	}
	if m.Installation == "" {
		return fmt.Sprintf("it belongs to the application %s of another store (an Argo CD, perhaps)", m.App)
	}
	return fmt.Sprintf("it belongs to the application %s of another store (%s)", m.App, m.Installation)
}

// owners returns who owns which fields of an object, whenever they came to. Parts that are written on their own, such as
// the status, are left out.
func owners(u *unstructured.Unstructured) map[string]string {
	out := map[string]string{}
	for _, f := range u.GetManagedFields() {
		if f.Subresource == "" && f.FieldsV1 != nil {
			out[f.Manager+" "+string(f.Operation)+" "+f.APIVersion] = f.FieldsV1.GetRawString()
		}
	}
	return out
}

// ChangedSince compares two sets of rendered objects without a cluster, such as the manifests of two records.
func ChangedSince(before, after []*unstructured.Unstructured) []Diff {
	old := map[object.Ref]*unstructured.Unstructured{}
	for _, u := range before {
		old[object.Of(u)] = u
	}
	var out []Diff
	for _, u := range after {
		ref := object.Of(u)
		was := old[ref]
		delete(old, ref)
		d := Diff{Ref: ref, How: Texts, Verdict: Differs}
		d.Live, d.Predicted = maskPair(counting(was), counting(u))
		if was == nil {
			d.Verdict = Create
		} else if d.Changes = changes(d.Live, d.Predicted, d.Predicted, nil); len(d.Changes) == 0 {
			continue
		}
		out = append(out, d)
	}
	for _, u := range before {
		if _, gone := old[object.Of(u)]; gone {
			d := Extra(u)
			d.Reason, d.How = "", Texts
			out = append(out, d)
		}
	}
	return out
}
