package conformance

import "reflect"

// moving stands for a value that a tool gives another time each time: a random name or password.
const moving = "(another each time)"

// steady takes out of the objects of a tool, and of wheelhouse, what another run of the tool gives otherwise.
func steady(theirs, again, ours outcome) (a, b outcome) {
	if theirs.err != nil || again.err != nil || ours.err != nil ||
		len(theirs.objects) != len(again.objects) || len(theirs.objects) != len(ours.objects) {
		return theirs, ours
	}
	for i := range theirs.objects {
		x, y := settle(theirs.objects[i], again.objects[i], ours.objects[i])
		a.objects, b.objects = append(a.objects, x), append(b.objects, y)
	}
	return a, b
}

// settle returns the first and the last value without what differs between the first and the second.
func settle(first, second, ours any) (a, b any) {
	switch f := first.(type) {
	case map[string]any:
		s, sameKind := second.(map[string]any)
		o, oursToo := ours.(map[string]any)
		if !sameKind || !oursToo {
			return first, ours
		}
		x, y := map[string]any{}, map[string]any{}
		for k, v := range o {
			y[k] = v
		}
		for k, v := range f {
			x[k] = v
			if _, in := o[k]; in {
				x[k], y[k] = settle(v, s[k], o[k])
			}
		}
		return x, y
	case []any:
		s, sameKind := second.([]any)
		o, oursToo := ours.([]any)
		if !sameKind || !oursToo || len(f) != len(s) || len(f) != len(o) {
			return first, ours
		}
		var x, y []any
		for i := range f {
			p, q := settle(f[i], s[i], o[i])
			x, y = append(x, p), append(y, q)
		}
		return x, y
	}
	// What moves has one type and is always there.
	if !reflect.DeepEqual(first, second) && reflect.TypeOf(first) == reflect.TypeOf(ours) {
		return moving, moving
	}
	return first, ours
}
