package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Selector means objects by their names. Each field is matched as a whole, with * for anything; an empty namespace means
// every one.
type Selector struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Except takes the objects out of the selection instead.
	Except bool `json:"except,omitempty"`
}

// ParseSelector reads [!]GROUP:KIND:NAME or [!]GROUP:KIND:NAMESPACE/NAME.
func ParseSelector(text string) (Selector, error) {
	bare, except := strings.CutPrefix(text, "!")
	parts := strings.SplitN(bare, ":", 3)
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return Selector{}, fmt.Errorf("parse resource %q: want GROUP:KIND:NAMESPACE/NAME, for example apps:Deployment:web/nginx or apps:*:*", text)
	}
	s := Selector{Group: parts[0], Kind: parts[1], Name: parts[2], Except: except}
	if ns, name, ok := strings.Cut(parts[2], "/"); ok {
		s.Namespace, s.Name = ns, name
	}
	for _, pattern := range []string{s.Group, s.Kind, s.Namespace, s.Name} {
		if _, err := path.Match(pattern, ""); err != nil || s.Name == "" {
			return Selector{}, fmt.Errorf("parse resource %q: want a name, or a pattern with *", text)
		}
	}
	return s, nil
}

// String writes the selector as ParseSelector reads it.
func (s Selector) String() string {
	out := s.Group + ":" + s.Kind + ":"
	if s.Except {
		out = "!" + out
	}
	if s.Namespace != "" {
		out += s.Namespace + "/"
	}
	return out + s.Name
}

func (s Selector) means(ref object.Ref) bool {
	return like(s.Group, ref.Group) && like(s.Kind, ref.Kind) && like(s.Name, ref.Name) && (s.Namespace == "" || like(s.Namespace, ref.Namespace))
}

func like(pattern, text string) bool {
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}

// selective reports whether only some objects are to be synced.
func (b *builder) selective() bool { return len(b.in.Options.Resources) > 0 }

func (b *builder) selected(ref object.Ref) bool {
	return !b.selective() || slices.ContainsFunc(b.in.Options.Resources, func(r object.Ref) bool { return means(r, ref) })
}

// means reports whether a selection means an object. As in Argo CD, one without a namespace means it in every namespace.
func means(selection, ref object.Ref) bool {
	return selection.Group == ref.Group && selection.Kind == ref.Kind && selection.Name == ref.Name &&
		(selection.Namespace == "" || selection.Namespace == ref.Namespace)
}

// find turns selectors and labels into the objects that they mean. It refuses a selection of what is not there: a misspelt
// name must not look like a sync that succeeded. What an interrupted operation had found stays what it was.
func (b *builder) find() error {
	o := &b.in.Options
	if len(o.Resources) == 0 && (len(o.Select) > 0 || o.Labels != "") {
		if err := b.resolve(); err != nil {
			return err
		}
		b.plan.Options.Resources = o.Resources
		return nil
	}
	for _, r := range o.Resources {
		if !b.in.Resumes && !slices.ContainsFunc(b.in.Objects, func(other Object) bool { return means(r, other.Diff.Ref) }) {
			return fmt.Errorf("select %s of application %s: %w", r, b.plan.App, app.ErrNotFound)
		}
	}
	return nil
}

// resolve lists the objects that are selected. A hook is not: a sync of some objects runs none.
func (b *builder) resolve() error {
	o := &b.in.Options
	wanted, err := labels.Parse(o.Labels)
	if err != nil {
		return fmt.Errorf("select by labels %q: %w", o.Labels, err)
	}
	found := make([]bool, len(o.Select))
	for i := range b.in.Objects {
		u, ref := b.in.Objects[i].Desired, b.in.Objects[i].Diff.Ref
		if u == nil {
			u = b.in.Live[ref]
		}
		if u == nil || IsHook(u) {
			continue
		}
		if chosen(o.Select, ref, found) && wanted.Matches(labels.Set(u.GetLabels())) {
			o.Resources = append(o.Resources, ref)
		}
	}
	for i, s := range o.Select {
		if !found[i] && !s.Except {
			return fmt.Errorf("select %s of application %s: %w", s, b.plan.App, app.ErrNotFound)
		}
	}
	if len(o.Resources) == 0 {
		return fmt.Errorf("select objects of application %s: none is meant: %w", b.plan.App, app.ErrNotFound)
	}
	return nil
}

// chosen reports whether selectors mean an object: one at least, where any chooses, and none that takes out. It notes
// which of them do.
func chosen(selectors []Selector, ref object.Ref, found []bool) bool {
	in, out, choosing := false, false, false
	for i, s := range selectors {
		choosing = choosing || !s.Except
		if !s.means(ref) {
			continue
		}
		found[i] = true
		in, out = in || !s.Except, out || s.Except
	}
	return (in || !choosing) && !out
}
