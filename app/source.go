package app

import "strings"

// Source is a place that manifests come from and how they are made of it.
type Source struct {
	RepoURL        string           `json:"repoURL"`
	Path           string           `json:"path,omitempty"`
	TargetRevision string           `json:"targetRevision,omitempty"`
	Chart          string           `json:"chart,omitempty"`
	Ref            string           `json:"ref,omitempty"`
	Name           string           `json:"name,omitempty"`
	TagPrefix      string           `json:"tagPrefix,omitempty"`
	Helm           *HelmSource      `json:"helm,omitempty"`
	Kustomize      *KustomizeSource `json:"kustomize,omitempty"`
	Directory      *DirectorySource `json:"directory,omitempty"`
	Plugin         map[string]any   `json:"plugin,omitempty"`
	Ksonnet        *KsonnetSource   `json:"ksonnet,omitempty"`
}

// Revision returns the revision that is followed; empty means HEAD, or outside of git the newest version.
func (s Source) Revision() string {
	switch {
	case s.TargetRevision != "":
		return s.TargetRevision
	case s.InGit():
		return "HEAD"
	}
	return "*"
}

// InGit reports whether the source is in a git repository. Else it is a chart of a Helm repository or an artifact of an OCI
// registry: it has versions, and nothing can be committed to it.
func (s Source) InGit() bool { return s.Chart == "" && !strings.HasPrefix(s.RepoURL, "oci://") }

// OnlyRef reports whether nothing is rendered of the source: it serves the values files of others.
func (s Source) OnlyRef() bool { return s.Ref != "" && s.Path == "" && s.Chart == "" }

// HelmSource holds the options of a Helm chart.
type HelmSource struct {
	ValueFiles              []string            `json:"valueFiles,omitempty"`
	Parameters              []HelmParameter     `json:"parameters,omitempty"`
	FileParameters          []HelmFileParameter `json:"fileParameters,omitempty"`
	ReleaseName             string              `json:"releaseName,omitempty"`
	Values                  string              `json:"values,omitempty"`
	ValuesObject            map[string]any      `json:"valuesObject,omitempty"`
	Version                 string              `json:"version,omitempty"`
	PassCredentials         bool                `json:"passCredentials,omitempty"`
	IgnoreMissingValueFiles bool                `json:"ignoreMissingValueFiles,omitempty"`
	SkipCrds                bool                `json:"skipCrds,omitempty"`
	SkipTests               bool                `json:"skipTests,omitempty"`
	SkipSchemaValidation    bool                `json:"skipSchemaValidation,omitempty"`
	Namespace               string              `json:"namespace,omitempty"`
	KubeVersion             string              `json:"kubeVersion,omitempty"`
	APIVersions             []string            `json:"apiVersions,omitempty"`
}

// HelmParameter is one --set (or --set-string) of a Helm chart.
type HelmParameter struct {
	Name        string `json:"name,omitempty"`
	Value       string `json:"value,omitempty"`
	ForceString bool   `json:"forceString,omitempty"`
}

// HelmFileParameter is one --set-file of a Helm chart.
type HelmFileParameter struct {
	Name string `json:"name,omitempty"`
	Path string `json:"path,omitempty"`
}

// KustomizeSource holds the options of a kustomization; they are applied in Argo CD's order.
type KustomizeSource struct {
	NamePrefix                string             `json:"namePrefix,omitempty"`
	NameSuffix                string             `json:"nameSuffix,omitempty"`
	Images                    []string           `json:"images,omitempty"`
	Replicas                  []KustomizeReplica `json:"replicas,omitempty"`
	CommonLabels              map[string]string  `json:"commonLabels,omitempty"`
	CommonAnnotations         map[string]string  `json:"commonAnnotations,omitempty"`
	ForceCommonLabels         bool               `json:"forceCommonLabels,omitempty"`
	ForceCommonAnnotations    bool               `json:"forceCommonAnnotations,omitempty"`
	LabelWithoutSelector      bool               `json:"labelWithoutSelector,omitempty"`
	LabelIncludeTemplates     bool               `json:"labelIncludeTemplates,omitempty"`
	CommonAnnotationsEnvsubst bool               `json:"commonAnnotationsEnvsubst,omitempty"`
	Namespace                 string             `json:"namespace,omitempty"`
	Patches                   []KustomizePatch   `json:"patches,omitempty"`
	Components                []string           `json:"components,omitempty"`
	IgnoreMissingComponents   bool               `json:"ignoreMissingComponents,omitempty"`
	Version                   string             `json:"version,omitempty"`
	KubeVersion               string             `json:"kubeVersion,omitempty"`
	APIVersions               []string           `json:"apiVersions,omitempty"`
}

// KustomizeReplica sets the replicas of the workload with this name. Count is a number, as YAML integer or string.
type KustomizeReplica struct {
	Name  string `json:"name"`
	Count any    `json:"count"`
}

// KustomizePatch is one entry that is appended to the kustomization's patches.
type KustomizePatch struct {
	Path    string           `json:"path,omitempty"`
	Patch   string           `json:"patch,omitempty"`
	Target  *KustomizeTarget `json:"target,omitempty"`
	Options map[string]bool  `json:"options,omitempty"`
}

// KustomizeTarget selects the objects that a patch applies to.
type KustomizeTarget struct {
	Group              string `json:"group,omitempty"`
	Version            string `json:"version,omitempty"`
	Kind               string `json:"kind,omitempty"`
	Name               string `json:"name,omitempty"`
	Namespace          string `json:"namespace,omitempty"`
	LabelSelector      string `json:"labelSelector,omitempty"`
	AnnotationSelector string `json:"annotationSelector,omitempty"`
}

// DirectorySource holds the options of a folder of plain manifests.
type DirectorySource struct {
	Recurse bool           `json:"recurse,omitempty"`
	Include string         `json:"include,omitempty"`
	Exclude string         `json:"exclude,omitempty"`
	Jsonnet *JsonnetSource `json:"jsonnet,omitempty"`
}

// JsonnetSource holds the variables and library folders of Jsonnet files.
type JsonnetSource struct {
	ExtVars []JsonnetVar `json:"extVars,omitempty"`
	TLAs    []JsonnetVar `json:"tlas,omitempty"`
	Libs    []string     `json:"libs,omitempty"`
}

// JsonnetVar is an external variable or a top-level argument; with Code its value is Jsonnet, else a string.
type JsonnetVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"`
}

// KsonnetSource holds the options of a ksonnet application, as Argo CD had them while it rendered those.
type KsonnetSource struct {
	Environment string             `json:"environment,omitempty"`
	Parameters  []KsonnetParameter `json:"parameters,omitempty"`
}

// KsonnetParameter sets a parameter of one component.
type KsonnetParameter struct {
	Component string `json:"component,omitempty"`
	Name      string `json:"name"`
	Value     string `json:"value"`
}
