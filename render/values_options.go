package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// kustomizeOptions finds the options of an application that turn one kustomization into another. Options that give what is
// wanted stay as they are written.
type kustomizeOptions struct {
	job          job
	base, edited map[string]any
	opts         app.KustomizeSource
}

// field finds the options for one field of the kustomization that was edited.
func (o *kustomizeOptions) field(name string) error {
	switch name {
	case "namePrefix":
		return o.text(name, &o.opts.NamePrefix, false)
	case "nameSuffix":
		return o.text(name, &o.opts.NameSuffix, false)
	case "namespace":
		return o.text(name, &o.opts.Namespace, true)
	case "images":
		return o.images()
	case "replicas":
		return o.replicas()
	case "commonLabels":
		return o.labels()
	case "commonAnnotations":
		pairs, replaced, err := o.pairs(name, o.opts.CommonAnnotations, o.opts.CommonAnnotationsEnvsubst)
		if err == nil {
			o.opts.CommonAnnotations = pairs
			// Argo CD asks for it.
			o.opts.ForceCommonAnnotations = o.opts.ForceCommonAnnotations || replaced
		}
		return err
	case "labels":
		return o.bareLabels()
	case "patches":
		return o.patches()
	}
	return fmt.Errorf("%s is no option of an application", name)
}

// text finds an option that is one text, which replaces the kustomization's.
func (o *kustomizeOptions) text(name string, option *string, expanded bool) error {
	old, _ := o.base[name].(string)
	text, isText := o.edited[name].(string)
	switch {
	case o.edited[name] != nil && !isText:
		return fmt.Errorf("%s is no text", name)
	case text == old:
		*option = ""
	case text == "":
		return fmt.Errorf("an option of an application cannot take away the file's %s", name)
	case expanded:
		*option = escaped(text)
	default:
		*option = text
	}
	return nil
}

// escaped is a text that the build environment changes nothing in.
func escaped(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// images finds those images that the kustomization does not replace in the same way.
func (o *kustomizeOptions) images() error {
	entries, err := o.byName("images")
	if err != nil {
		return err
	}
	var out []string
	for _, raw := range o.opts.Images {
		entry, err := imageEntry(o.job.expand(raw))
		if err != nil {
			return err
		}
		entry = keeping(entry, entryOf(items(o.base["images"]), entry["name"]))
		if name, _ := entry["name"].(string); reflect.DeepEqual(entries[name], entry) {
			out = append(out, raw)
			delete(entries, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		text := imageText(entries[name])
		if entry, err := imageEntry(text); err != nil || !reflect.DeepEqual(entry, entries[name]) {
			return fmt.Errorf("an option of an application cannot say what images has for %s", name)
		}
		out = append(out, escaped(text))
	}
	o.opts.Images = out
	return nil
}

// imageText is an entry of images as kustomize's command line has it.
func imageText(entry map[string]any) string {
	part := func(key, sign string) string {
		if v, ok := entry[key].(string); ok && v != "" {
			return sign + v
		}
		return ""
	}
	return part("name", "") + part("newName", "=") + part("newTag", ":") + part("digest", "@")
}

func (o *kustomizeOptions) replicas() error {
	entries, err := o.byName("replicas")
	if err != nil {
		return err
	}
	counts := map[string]int64{}
	for name, entry := range entries {
		n, ok := entry["count"].(float64)
		if !ok || n != math.Trunc(n) || len(entry) != 2 {
			return fmt.Errorf("an option of an application cannot say what replicas has for %s", name)
		}
		counts[name] = int64(n)
	}
	var out []app.KustomizeReplica
	for _, r := range o.opts.Replicas {
		if n, wanted := counts[r.Name]; wanted {
			if fmt.Sprint(r.Count) != fmt.Sprint(n) {
				r.Count = n
			}
			out = append(out, r)
			delete(counts, r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, app.KustomizeReplica{Name: name, Count: counts[name]})
	}
	o.opts.Replicas = out
	return nil
}

// byName are the edited entries of a list, by name, that differ from the kustomization's. Options add entries and replace
// them, and take none away.
func (o *kustomizeOptions) byName(field string) (map[string]map[string]any, error) {
	entries, err := entriesOf(field, o.edited[field])
	if err != nil {
		return nil, err
	}
	base, err := entriesOf(field, o.base[field])
	if err != nil {
		return nil, err
	}
	for name, entry := range base {
		switch edited, there := entries[name]; {
		case !there:
			return nil, fmt.Errorf("an option of an application cannot take %s out of the file's %s", name, field)
		case reflect.DeepEqual(edited, entry):
			delete(entries, name)
		}
	}
	return entries, nil
}

func entriesOf(field string, list any) (map[string]map[string]any, error) {
	entries := map[string]map[string]any{}
	for _, e := range items(list) {
		entry, _ := e.(map[string]any)
		name, _ := entry["name"].(string)
		if _, twice := entries[name]; name == "" || twice {
			return nil, fmt.Errorf("an entry of %s has no name, or that of another", field)
		}
		entries[name] = entry
	}
	return entries, nil
}

func (o *kustomizeOptions) labels() error {
	if o.opts.LabelWithoutSelector && len(o.opts.CommonLabels) > 0 {
		return errors.New("the application sets labels without selectors, which exclude commonLabels")
	}
	pairs, replaced, err := o.pairs("commonLabels", o.opts.CommonLabels, true)
	if err == nil {
		o.opts.CommonLabels = pairs
		// Argo CD asks for it.
		o.opts.ForceCommonLabels = o.opts.ForceCommonLabels || replaced
	}
	return err
}

// pairs finds the names and values that a mapping of the kustomization does not have, and whether some replace others.
func (o *kustomizeOptions) pairs(field string, options map[string]string, expanded bool) (out map[string]string, replaced bool, err error) {
	base, _ := o.base[field].(map[string]any)
	edited, _ := o.edited[field].(map[string]any)
	for name := range base {
		if _, there := edited[name]; !there {
			return nil, false, fmt.Errorf("an option of an application cannot take %s out of the file's %s", name, field)
		}
	}
	for name, v := range edited {
		text, isText := v.(string)
		if old, there := base[name]; there && reflect.DeepEqual(old, v) {
			continue
		} else if replaced = replaced || there; !isText {
			return nil, false, fmt.Errorf("%s of %s is no text", name, field)
		}
		if out == nil {
			out = map[string]string{}
		}
		raw, set := options[name]
		switch {
		case set && (raw == text || expanded && o.job.expand(raw) == text):
			out[name] = raw
		case expanded:
			out[name] = escaped(text)
		default:
			out[name] = text
		}
	}
	return out, replaced, nil
}

// bareLabels finds labels without selectors: one entry more than the kustomization has.
func (o *kustomizeOptions) bareLabels() error {
	base, edited := items(o.base["labels"]), items(o.edited["labels"])
	cannot := errors.New("an option of an application can add one entry to labels, with pairs and without selectors")
	if len(o.opts.CommonLabels) > 0 || len(edited) != len(base)+1 || !begins(edited, base) {
		return cannot
	}
	entry, _ := edited[len(base)].(map[string]any)
	pairs, _ := entry["pairs"].(map[string]any)
	templates, _ := entry["includeTemplates"].(bool)
	known := map[string]any{"pairs": entry["pairs"]}
	for name, v := range map[string]any{"includeSelectors": false, "includeTemplates": templates} {
		if _, there := entry[name]; there {
			known[name] = v
		}
	}
	if !reflect.DeepEqual(known, entry) || len(pairs) == 0 {
		return cannot
	}
	labels := map[string]string{}
	for name, v := range pairs {
		text, ok := v.(string)
		if !ok {
			return cannot
		}
		labels[name] = escaped(text)
	}
	o.opts.CommonLabels, o.opts.LabelWithoutSelector, o.opts.LabelIncludeTemplates = labels, true, templates
	return nil
}

// patches finds the patches at the end that the kustomization does not have.
func (o *kustomizeOptions) patches() error {
	base, edited := items(o.base["patches"]), items(o.edited["patches"])
	if !begins(edited, base) {
		return errors.New("options of an application add patches behind the file's, and change none of those")
	}
	out := slices.Clone(o.opts.Patches)
	for _, e := range edited[len(base):] {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		var p app.KustomizePatch
		if err := d.Decode(&p); err != nil {
			return fmt.Errorf("a patch is no option of an application: %w", err)
		}
		out = append(out, p)
	}
	o.opts.Patches = out
	return nil
}

// begins reports whether a list begins with the elements of another one.
func begins(list, with []any) bool {
	first, _ := apart(list, with)
	return first == len(with)
}
