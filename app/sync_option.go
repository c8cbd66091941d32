package app

import (
	"slices"
	"strings"
)

// Sync options are "NAME=VALUE", in the application's policy and in an annotation of an object. A list may name an option more than
// once; what counts then is what counts in Argo CD.

// HoldsOption reports whether a list of sync options sets entry, such as "Prune=false", and whether it names the option at all. Of
// Prune and Delete the first value counts, which may be one of three. Any other option is set where entry is in the list, whatever
// stands beside it.
func HoldsOption(options []string, entry string) (set, named bool) {
	name, _, _ := strings.Cut(entry, "=")
	for _, o := range options {
		if n, _, ok := strings.Cut(o, "="); !ok || n != name {
			continue
		}
		if name == "Prune" || name == "Delete" {
			return o == entry, true
		}
		set, named = set || o == entry, true
	}
	return set, named
}

// SyncOption reports whether the application's sync options set entry, such as "CreateNamespace=true", by [HoldsOption].
func (s *Spec) SyncOption(entry string) bool {
	if s.SyncPolicy == nil {
		return false
	}
	set, _ := HoldsOption(s.SyncPolicy.SyncOptions, entry)
	return set
}

// propagationPolicies are the values of PrunePropagationPolicy; of several in one list the first of these counts.
var propagationPolicies = []string{"background", "foreground", "orphan"}

// PrunePropagation returns what becomes of what a pruned object owns, "" where the application's sync options do not say it, or
// name no policy that there is.
func (s *Spec) PrunePropagation() string {
	i := slices.IndexFunc(propagationPolicies, func(p string) bool { return s.SyncOption("PrunePropagationPolicy=" + p) })
	if i < 0 {
		return ""
	}
	return propagationPolicies[i]
}

// contradicted returns the option before the one at i that says something else about the same, "" when there is none.
func contradicted(options []string, i int) string {
	name, _, _ := strings.Cut(options[i], "=")
	for _, o := range options[:i] {
		if n, _, _ := strings.Cut(o, "="); n == name && o != options[i] {
			return o
		}
	}
	return ""
}
