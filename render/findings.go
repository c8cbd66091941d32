package render

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// findings are what a rendering came upon: what a user should know, and what of its request, beside the files, it depends
// on. A nil *findings takes note of nothing.
type findings struct {
	// unknown are the variables that something names and the build environment has not.
	unknown map[string]bool
	// notes are what else a user should know.
	notes map[string]bool
	used  used
	// shown is how a path is told to a person; nil tells all as they are.
	shown func(name string) string
}

// show is a path as its reader knows it.
func (f *findings) show(name string) string {
	if f == nil || f.shown == nil {
		return name
	}
	return f.shown(name)
}

// used says which parts of a request made a difference to its rendering, or could have.
type used struct {
	// Commit and Revision are named by variables of the build environment.
	Commit, Revision bool
	// KubeVersion and APIVersions are the capabilities that a template names.
	KubeVersion, APIVersions bool
}

// everything is what a rendering may have used that did not live to tell.
var everything = used{true, true, true, true}

func newFindings() *findings {
	return &findings{unknown: map[string]bool{}, notes: map[string]bool{}}
}

// variable notes that something names a variable of the build environment.
func (f *findings) variable(name string, known bool) {
	switch {
	case f == nil:
	case !known:
		f.unknown[name] = true
	case strings.HasPrefix(name, "ARGOCD_APP_REVISION"):
		f.used.Commit = true
	case name == targetRevision:
		f.used.Revision = true
	}
}

// note notes something that a user should know.
func (f *findings) note(format string, args ...any) {
	if f != nil {
		f.notes[fmt.Sprintf(format, args...)] = true
	}
}

// commit notes that the outcome names the commit.
func (f *findings) commit() {
	if f != nil {
		f.used.Commit = true
	}
}

var capabilities = regexp.MustCompile(`Capabilities(\.(KubeVersion|HelmVersion))?`)

// cluster notes that a text may ask what the cluster can do. Whatever it does with the capabilities but to name the version
// is taken for a question after API versions.
func (f *findings) cluster(text []byte) {
	if f == nil || f.used.KubeVersion && f.used.APIVersions {
		return
	}
	for _, named := range capabilities.FindAllSubmatch(text, -1) {
		f.used.KubeVersion = true
		f.used.APIVersions = f.used.APIVersions || len(named[1]) == 0
	}
}

// warnings lists what a user should know.
func (f *findings) warnings() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.unknown)) {
		out = append(out, fmt.Sprintf("$%s is not in the build environment and is taken for empty, as in Argo CD; $$%s is the text itself", name, name))
	}
	return append(out, slices.Sorted(maps.Keys(f.notes))...)
}
