package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// hashLength is how many hex digits of a hash a plan shows.
const hashLength = 12

// name gives every step its id, every guard its step, and the plan its hash.
func name(p *Plan) error {
	seen := map[string]int{}
	guarded := map[string][]string{}
	parts := make([]any, 0, 1+len(p.Steps))
	parts = append(parts, p.Cluster)
	for i := range p.Steps {
		s := &p.Steps[i]
		s.ID = stepID(s)
		if seen[s.ID]++; seen[s.ID] > 1 {
			s.ID += fmt.Sprintf("#%d", seen[s.ID])
		}
		if s.Guard != "" {
			guarded[s.Guard] = append(guarded[s.Guard], s.ID)
		}
		parts = append(parts, essence(s, p.Options.Propagation))
	}
	for i := range p.Guards {
		g := &p.Guards[i]
		g.Step = ""
		// A hook that runs in two phases has two guards of one name, in the order of its steps.
		if steps := guarded[g.Name]; len(steps) > 0 {
			g.Step, guarded[g.Name] = steps[0], steps[1:]
		}
	}
	h, err := object.Hash(parts)
	if err != nil {
		return fmt.Errorf("identify plan of %s: %w", p.App, err)
	}
	p.Hash = h[:hashLength]
	return nil
}

func stepID(s *Step) string {
	what := s.Ref.String()
	if generated(s.Ref, s.Desired) {
		what += s.Desired.GetGenerateName()
	}
	return strings.Join([]string{s.Phase.String(), fmt.Sprint(s.Wave), s.Verb.String(), what}, "/")
}

// Name is the name of a step's object as far as it has one yet: of one that is generated the beginning, and a star.
func (s *Step) Name() string {
	if generated(s.Ref, s.Desired) {
		return s.Desired.GetGenerateName() + "*"
	}
	return s.Ref.Name
}

// Title is the object of a step with its Name: kind/namespace/name.
func (s *Step) Title() string {
	if generated(s.Ref, s.Desired) {
		return s.Ref.String() + s.Name()
	}
	return s.Ref.String()
}

// generated reports whether an object gets its name when it is made.
func generated(ref object.Ref, u *unstructured.Unstructured) bool { return ref.Name == "" && u != nil }

// essence is what identifies a step: its id, the object that is written over or deleted, what changes, who loses fields, what
// is applied, and how that is done. Versions, times and status are no part of it.
func essence(s *Step, propagation string) []any {
	uid := ""
	if s.Live != nil {
		uid = string(s.Live.GetUID())
	}
	changes := make([]any, 0, len(s.Diff.Changes))
	for _, c := range s.Diff.Changes {
		changes = append(changes, []any{c.Path, c.HasOld, c.Old, c.HasNew, c.New})
	}
	deletes := ""
	if s.Verb == Delete {
		deletes = cmp.Or(propagation, "foreground")
	}
	return []any{
		s.ID, s.Ref.Group, uid, s.Guard, changes, s.Diff.Takes, content(s.Desired), s.Lenient, deletes, s.Begun, s.Left,
	}
}

// content is what counts of an object that is applied. The values of Secrets are left out, for the hash is shown: two
// plans that differ only in the text of a Secret differ in its masked Changes, or not at all.
func content(u *unstructured.Unstructured) any {
	if u == nil {
		return nil
	}
	top := maps.Clone(u.Object)
	delete(top, "status")
	if u.GetKind() != "Secret" {
		return top
	}
	for _, field := range []string{"data", "stringData"} {
		if values, ok := top[field].(map[string]any); ok {
			top[field] = slices.Sorted(maps.Keys(values))
		}
	}
	if _, printed := u.GetAnnotations()[lastApplied]; printed {
		bare := u.DeepCopy()
		annotations := bare.GetAnnotations()
		delete(annotations, lastApplied)
		bare.SetAnnotations(annotations)
		top["metadata"] = bare.Object["metadata"]
	}
	return top
}

// lastApplied is kubectl's annotation; on a Secret it repeats its data.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
