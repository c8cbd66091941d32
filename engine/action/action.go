// Package action is the table of what can be done to one live object beside syncing it: restart, scale, suspend and the
// like, for the kinds that know them, and delete and patch for all.
//
// The table is data, and everything here is pure: [For] says what an object offers and why something is not on offer now,
// [Make] turns one of them into the [Write] that it comes to. The names are those of Argo CD's actions where it has the
// same. The engine authorises and performs a Write.
package action

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Action is one row of the table.
type Action struct {
	// Name is what commands call it, Title what a menu shows.
	Name, Title string
	// Help says in a sentence what happens.
	Help string
	// Kinds are those that know the action; none means all.
	Kinds []schema.GroupKind
	// Class says which right it needs.
	Class Class
	// Parameters are asked for before it is done.
	Parameters []Parameter
	// disabled says why an object of a fitting kind does not offer it now, "" when it does.
	disabled func(u *unstructured.Unstructured) string
	// write makes the write.
	write func(in Input) (Write, error)
}

// Class is the kind of right that an action needs. The zero Class steers what runs.
type Class int

// The classes.
const (
	Steer Class = iota
	// Edit changes any field of the live object.
	Edit
	// Remove deletes the object: its name is to be typed.
	Remove
)

// Parameter is a value that an action takes.
type Parameter struct {
	Name, Help string
	// Default returns the value that is meant when none is given; of a needed one it is what there is now, to begin with.
	Default func(u *unstructured.Unstructured) string
	// Needed is true where a value is to be given.
	Needed bool
}

// Input is what a Write is made of.
type Input struct {
	Object *unstructured.Unstructured
	Values map[string]string
	Now    time.Time
}

// Write is the one request that an action comes to: a patch, a deletion or a new object.
type Write struct {
	Patch  *object.PatchRequest
	Delete *object.DeleteRequest
	Create *unstructured.Unstructured
	// Says tells in words what will be.
	Says string
	// Values are those of the action's parameters, with the defaults of what was not given.
	Values map[string]string
}

// Offer is an action that an object's kind knows; Disabled says why it cannot be done now.
type Offer struct {
	Action
	Disabled string
}

// For lists what an object offers, in the table's order.
func For(u *unstructured.Unstructured) []Offer {
	var out []Offer
	for _, a := range table {
		if !a.fits(u) {
			continue
		}
		o := Offer{Action: a}
		if a.disabled != nil {
			o.Disabled = a.disabled(u)
		}
		out = append(out, o)
	}
	return out
}

// Table returns every action. The caller does not change it.
func Table() []Action { return table }

// Find returns the action of a name that an object offers; the error of one that it does not offer lists what it does.
func Find(u *unstructured.Unstructured, name string) (Action, error) {
	offers := For(u)
	i := slices.IndexFunc(offers, func(o Offer) bool { return o.Name == name })
	if i < 0 {
		names := ""
		for _, o := range offers {
			names += " " + o.Name
		}
		return Action{}, fmt.Errorf("%s offers no %s: %w; it offers%s", object.Of(u), name, app.ErrNotFound, names)
	}
	if why := offers[i].Disabled; why != "" {
		return offers[i].Action, app.Unfit(fmt.Errorf("%s %s: %s", name, object.Of(u), why))
	}
	return offers[i].Action, nil
}

// Make makes the write of an action on an object. Values that are not given have their defaults; one that the action
// does not know is refused.
func (a Action) Make(in Input) (Write, error) {
	values := map[string]string{}
	for _, p := range a.Parameters {
		if p.Default != nil && !p.Needed {
			values[p.Name] = p.Default(in.Object)
		}
	}
	for name, v := range in.Values {
		if !slices.ContainsFunc(a.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return Write{}, app.Misused(fmt.Errorf("%s %s: it takes no parameter %q: %s", a.Name, object.Of(in.Object), name, a.takes()))
		}
		values[name] = v
	}
	in.Values = values
	w, err := a.write(in)
	if err != nil {
		return w, fmt.Errorf("%s %s: %w", a.Name, object.Of(in.Object), err)
	}
	w.Values = values
	return w, nil
}

// takes says which parameters there are.
func (a Action) takes() string {
	if len(a.Parameters) == 0 {
		return "it takes none"
	}
	names := make([]string, len(a.Parameters))
	for i, p := range a.Parameters {
		names[i] = p.Name
	}
	return "it takes " + strings.Join(names, ", ")
}

func (a Action) fits(u *unstructured.Unstructured) bool {
	return len(a.Kinds) == 0 || slices.Contains(a.Kinds, u.GroupVersionKind().GroupKind())
}
