package render

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	templates "text/template/parse"

	"helm.sh/helm/v3/pkg/chart"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// unstable reports whether a function of templates may give another value each time. lookup is one of them in a cluster;
// here it finds nothing, always.
func unstable(name string) bool {
	switch name {
	case "uuidv4", "now", "ago", "lookup", "shuffle", "bcrypt", "htpasswd", "encryptAES":
		return true
	}
	return strings.HasPrefix(name, "rand") || strings.HasPrefix(name, "gen")
}

// use is a place where a template names an unstable function.
type use struct {
	function string
	// file is the template as Helm names it, shown is its path in the repository. A value has no file and no line.
	file, shown string
	line        int
	// at is the place in the template's text.
	at int
}

func (u use) String() string {
	if u.line == 0 {
		return fmt.Sprintf("%s (%s)", u.function, u.shown)
	}
	return fmt.Sprintf("%s (%s:%d)", u.function, u.shown, u.line)
}

// uses lists the unstable functions that the templates of a chart and of its dependencies name. A template that cannot be
// parsed has none: rendering will tell what is wrong with it.
func uses(c *chart.Chart, dir string) []use {
	var out []use
	for _, t := range c.Templates {
		file := path.Join(c.ChartFullPath(), t.Name)
		for _, at := range named(t.Data) {
			u := use{
				function: at.Ident, file: file, shown: path.Join(dir, strings.TrimPrefix(file, c.Root().Name())),
				line: 1 + strings.Count(string(t.Data[:at.Pos]), "\n"), at: int(at.Pos),
			}
			out = append(out, u)
		}
	}
	for _, dep := range c.Dependencies() {
		out = append(out, uses(dep, dir)...)
	}
	return out
}

// perhaps finds the names of unstable functions anywhere in a text.
var perhaps = regexp.MustCompile(`uuidv4|now|ago|lookup|shuffle|bcrypt|htpasswd|encryptAES|rand|gen`)

// named finds the unstable functions in one template's text.
func named(text []byte) []*templates.IdentifierNode {
	if !perhaps.Match(text) {
		return nil
	}
	return functions(text, unstable)
}

// functions finds those functions in one template's text that are wanted.
func functions(text []byte, wanted func(name string) bool) []*templates.IdentifierNode {
	tree := templates.New("template")
	tree.Mode = templates.SkipFuncCheck
	set := map[string]*templates.Tree{}
	if _, err := tree.Parse(string(text), "", "", set); err != nil {
		return nil
	}
	var out []*templates.IdentifierNode
	for _, t := range set {
		out = identifiers(out, reflect.ValueOf(t.Root), wanted)
	}
	slices.SortFunc(out, func(a, b *templates.IdentifierNode) int { return int(a.Pos) - int(b.Pos) })
	return slices.CompactFunc(out, func(a, b *templates.IdentifierNode) bool { return a.Pos == b.Pos })
}

// identifiers walks the nodes below a value by its exported fields, of which some are nil pointers.
func identifiers(out []*templates.IdentifierNode, v reflect.Value, wanted func(name string) bool) []*templates.IdentifierNode {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return out
		}
		if id, ok := v.Interface().(*templates.IdentifierNode); ok {
			if wanted(id.Ident) {
				out = append(out, id)
			}
			return out
		}
		return identifiers(out, v.Elem(), wanted)
	case reflect.Slice:
		for i := range v.Len() {
			out = identifiers(out, v.Index(i), wanted)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out = identifiers(out, v.Field(i), wanted)
			}
		}
	default:
	}
	return out
}

// renderings is how often a chart that names unstable functions is rendered: two small random numbers may be the same.
const renderings = 3

// chartOnce renders a chart, and again when its templates name an unstable function: what differs then is unstable.
func (j job) chartOnce(out *app.Rendered) error {
	j.from, j.named = map[*unstructured.Unstructured]string{}, &[]use{}
	var err error
	if out.Objects, err = j.helm(); err != nil {
		return err
	}
	found := *j.named
	if len(found) == 0 {
		return nil
	}
	fields := make([]fieldSet, len(out.Objects))
	renamed := map[int]bool{}
	again := j
	again.later, again.from, again.named = true, nil, nil
	for range renderings - 1 {
		other, err := again.helm()
		if err != nil {
			return err
		}
		compareRenderings(out.Objects, other, fields, renamed)
	}
	for i, u := range out.Objects {
		by := because(found, j.from[u])
		if renamed[i] {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s: has another name at every rendering, by %s: it can never be Synced", object.Of(u), by))
			continue
		}
		paths := fields[i].sorted()
		if len(paths) == 0 {
			continue
		}
		if out.Unstable == nil {
			out.Unstable = map[int][][]string{}
		}
		out.Unstable[i] = paths
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s: %s changes with every rendering, by %s: where the object exists, its live value is kept",
			object.Of(u), strings.Join(shownPaths(paths), ", "), by))
	}
	return nil
}

// because names the unstable functions of an object's template, or those of all templates when its own has none.
func because(found []use, file string) string {
	var own, all []string
	for _, u := range found {
		// lookup finds nothing here, at every rendering: it is not the reason.
		if u.function == "lookup" {
			continue
		}
		all = append(all, u.String())
		if u.file == file {
			own = append(own, u.String())
		}
	}
	if len(own) > 0 {
		all = own
	}
	const most = 5
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("%d more", len(all)-most))
	}
	return strings.Join(all, ", ")
}

func shownPaths(paths [][]string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = strings.Join(p, ".")
	}
	return out
}

// compareRenderings notes what differs between the objects of two renderings, by index in the first.
func compareRenderings(first, other []*unstructured.Unstructured, fields []fieldSet, renamed map[int]bool) {
	byRef := map[object.Ref][]*unstructured.Unstructured{}
	for _, u := range other {
		byRef[object.Of(u)] = append(byRef[object.Of(u)], u)
	}
	for i, u := range first {
		same := byRef[object.Of(u)]
		if len(same) == 0 {
			renamed[i] = true
			continue
		}
		byRef[object.Of(u)] = same[1:]
		if fields[i] == nil {
			fields[i] = fieldSet{}
		}
		fields[i].compare(nil, u.Object, same[0].Object)
	}
}

// fieldSet is a set of paths.
type fieldSet map[string][]string

func (s fieldSet) sorted() [][]string {
	var out [][]string
	for _, k := range slices.Sorted(maps.Keys(s)) {
		out = append(out, s[k])
	}
	return out
}

func (s fieldSet) add(at []string) { s[strings.Join(at, "\x00")] = slices.Clone(at) }

// compare adds the paths at which two values differ. Lists of different length differ as a whole.
func (s fieldSet) compare(at []string, a, b any) {
	if am, ok := a.(map[string]any); ok {
		if bm, ok := b.(map[string]any); ok {
			for k, v := range am {
				s.compare(append(at, k), v, bm[k])
			}
			for k := range bm {
				if _, both := am[k]; !both {
					s.add(append(at, k))
				}
			}
			return
		}
	}
	al, aList := a.([]any)
	bl, bList := b.([]any)
	if aList && bList && len(al) == len(bl) {
		for i := range al {
			s.compare(append(at, fmt.Sprint(i)), al[i], bl[i])
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		s.add(at)
	}
}
