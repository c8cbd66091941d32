package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Warnings returns what is doubtful about a valid application, for showing to its author: sync options that mean
// nothing, a source beside sources, a login in a repository's URL, fields of the spec that are misspelt or from another version.
func (a *Application) Warnings() []string {
	var out []string
	if a.Spec.Source != nil && len(a.Spec.Sources) > 0 {
		out = append(out, "spec.source: is not used, since sources is given")
	}
	for _, src := range a.Spec.AllSources() {
		for _, u := range src.urls() {
			if !HoldsLogin(*u) {
				continue
			}
			shown := ShownURL(*u)
			out = append(out, urlField(u == &src.RepoURL)[1:]+": user or password are in the application's document, for all to read who may read that; write "+shown+
				" there, and register them: wheelhouse repo add "+shown+" --username NAME --password -")
		}
	}
	if a.Spec.SyncPolicy != nil {
		options := a.Spec.SyncPolicy.SyncOptions
		for i, o := range options {
			w := syncOptionWarning(o)
			if before := contradicted(options, i); w == "" && before != "" {
				w = o + " contradicts " + before + ": keep one of them"
			}
			if w != "" {
				out = append(out, fmt.Sprintf("spec.syncPolicy.syncOptions[%d]: %s", i, w))
			}
		}
	}
	for _, path := range unknownPaths("spec", a.unknown["spec"]) {
		if path != "spec.sourceHydrator" {
			out = append(out, path+": is not a known field; it is kept and has no effect")
		}
	}
	return out
}

// syncOptionWarning returns what is wrong with a sync option, empty when nothing is.
func syncOptionWarning(option string) string {
	name, value, ok := strings.Cut(option, "=")
	if !ok {
		return fmt.Sprintf("%q has no value: write NAME=VALUE", option)
	}
	values := syncOptionValues(name)
	switch {
	case name == "Force":
		return "Force has no effect here, as in Argo CD: write it in the annotation sync-options of the objects that it is meant for"
	case values == nil:
		return fmt.Sprintf("%q is not a known sync option; it has no effect", name)
	case !slices.Contains(values, value):
		return fmt.Sprintf("%s=%s has no effect: use %s", name, value, strings.Join(values, ", "))
	default:
		return ""
	}
}

// syncOptionValues returns the values that a sync option of an application may have, nil for an unknown option.
func syncOptionValues(name string) []string {
	switch name {
	case "Prune", "Delete":
		return []string{"true", "false", "confirm"}
	case "PrunePropagationPolicy":
		return propagationPolicies
	case "Validate", "SkipDryRunOnMissingResource", "ApplyOutOfSyncOnly", "PruneLast", "Replace", "ServerSideApply",
		"ClientSideApplyMigration", "FailOnSharedResource", "RespectIgnoreDifferences", "CreateNamespace":
		return []string{"true", "false"}
	default:
		return nil
	}
}

// unknownPaths lists the paths of the unknown fields in a rest, by name; those inside an unknown field are not listed.
func unknownPaths(path string, r any) []string {
	return listUnknown(nil, path, r, shapeAt(path))
}

func shapeAt(path string) *shape {
	s := applicationShape
	for name := range strings.SplitSeq(path, ".") {
		s = s.field(name)
	}
	return s
}

func listUnknown(out []string, path string, r any, s *shape) []string {
	switch r := r.(type) {
	case nil:
	case map[string]any:
		if s == nil || s.form != formObject {
			return append(out, path)
		}
		for _, name := range slices.Sorted(maps.Keys(r)) {
			out = listUnknown(out, path+"."+name, r[name], s.fields[name])
		}
	case unknownList:
		for i, e := range r {
			if e.rest != nil {
				out = listUnknown(out, fmt.Sprintf("%s[%d]", path, i), e.rest, s.elem)
			}
		}
	default:
		out = append(out, path)
	}
	return out
}
