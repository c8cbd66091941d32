package app

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (v *verdict) sources(s *Spec) {
	if len(s.Sources) == 0 {
		if s.Source == nil {
			v.wrong("spec.source", "is missing: say where the manifests come from")
			return
		}
		v.source("spec.source", *s.Source)
		if s.Source.Ref != "" && s.Source.Path == "" {
			v.wrong("spec.source.ref", "a single source cannot be only a reference: give it a path, or use sources")
		}
		return
	}
	first := map[string]int{}
	for i, src := range s.Sources {
		at := fmt.Sprintf("spec.sources[%d]", i)
		v.source(at, src)
		if j, taken := first[src.Ref]; taken && src.Ref != "" {
			v.wrong(at+".ref", "%q is already the ref of sources[%d]", src.Ref, j)
			continue
		}
		first[src.Ref] = i
	}
}

func (v *verdict) source(at string, s Source) {
	if s.RepoURL == "" {
		v.wrong(at+".repoURL", "is missing")
	}
	for _, u := range s.urls() {
		if loginHidden(*u) {
			v.wrong(at+urlField(u == &s.RepoURL), "has a mark where user and password were hidden for showing: write it without them (%s), and register them: "+
				"wheelhouse repo add URL --username NAME --password -", CleanURL(*u))
		}
	}
	v.place(at, s)
	v.tools(at, s)
	if s.Helm != nil {
		v.helm(at+".helm", *s.Helm)
	}
	if s.Kustomize != nil {
		v.kustomize(at+".kustomize", *s.Kustomize)
	}
}

// urlField says where in a source a URL is.
func urlField(repository bool) string {
	if repository {
		return ".repoURL"
	}
	return ".helm"
}

// place checks where in the repository the source is.
func (v *verdict) place(at string, s Source) {
	switch {
	case s.Path != "" && s.Chart != "":
		v.wrong(at, "has both path and chart: path is for git, chart for a Helm repository")
	case s.Path == "" && s.Chart == "" && s.Ref == "" && !strings.HasPrefix(s.RepoURL, "oci://"):
		v.wrong(at, "needs a path (git) or a chart (Helm repository); the root of a repository is the path \".\"")
	}
	if path.IsAbs(s.Path) || escapes(s.Path) {
		v.wrong(at+".path", "%q must be relative to the root of the repository and stay in it", s.Path)
	}
	if scheme, _, ok := strings.Cut(s.RepoURL, "://"); s.Chart != "" && ok && !slices.Contains([]string{"https", "http", "oci"}, scheme) {
		v.wrong(at+".repoURL", "must be that of a Helm repository (https://…) or of a registry (oci://… or without a scheme), for a chart is named")
	}
	if s.Chart != "" && s.TargetRevision == "" {
		v.wrong(at+".targetRevision", "is missing: a chart needs a version, or * for the newest")
	}
	if s.Ref != "" && s.Chart != "" {
		v.wrong(at+".ref", "a chart cannot be referred to: use ref on a git source")
	}
	if s.Ref != "" && !regexp.MustCompile(`^[a-zA-Z0-9_-]+$`).MatchString(s.Ref) {
		v.wrong(at+".ref", "%q may only have letters, digits, dashes and underscores", s.Ref)
	}
}

// escapes reports whether a relative path leads out of its root.
func escapes(p string) bool {
	c := path.Clean(p)
	return c == ".." || strings.HasPrefix(c, "../")
}

func (v *verdict) tools(at string, s Source) {
	var named []string
	for _, t := range []struct {
		name string
		set  bool
	}{
		{"helm", s.Helm != nil},
		{"kustomize", s.Kustomize != nil},
		{"directory", s.Directory != nil},
		{"plugin", s.Plugin != nil},
		{"ksonnet", s.Ksonnet != nil},
	} {
		if t.set {
			named = append(named, t.name)
		}
	}
	if len(named) > 1 {
		v.wrong(at, "has options of several tools: %s; keep one", strings.Join(named, ", "))
	}
}

func (v *verdict) helm(at string, h HelmSource) {
	// Its form only: what a key may be and what two of the same mean is Helm's to say.
	var text yaml.Node
	if err := yaml.Unmarshal([]byte(h.Values), &text); err != nil {
		line, message := YAMLFault(err)
		v.wrong(at+".values", "is no YAML: line %d: %s", max(line, 1), message)
	}
	for i, p := range h.Parameters {
		if p.Name == "" {
			v.wrong(fmt.Sprintf("%s.parameters[%d].name", at, i), "is missing")
		}
	}
	for i, p := range h.FileParameters {
		if p.Name == "" || p.Path == "" {
			v.wrong(fmt.Sprintf("%s.fileParameters[%d]", at, i), "needs a name and a path")
		}
	}
}

func (v *verdict) kustomize(at string, k KustomizeSource) {
	for i, r := range k.Replicas {
		if r.Name == "" {
			v.wrong(fmt.Sprintf("%s.replicas[%d].name", at, i), "is missing")
		}
		if !regexp.MustCompile(`^[0-9]+$`).MatchString(fmt.Sprint(r.Count)) {
			v.wrong(fmt.Sprintf("%s.replicas[%d].count", at, i), "must be a whole number")
		}
	}
	for i, p := range k.Patches {
		if (p.Path == "") == (p.Patch == "") {
			v.wrong(fmt.Sprintf("%s.patches[%d]", at, i), "needs a path or a patch, and not both")
		}
	}
}
