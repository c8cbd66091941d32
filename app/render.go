package app

import (
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// RenderRequest is all that the manifests of one source depend on.
type RenderRequest struct {
	App Key
	// Project is the application's project, for the build environment.
	Project string
	Source  Source
	// Namespace is the destination namespace.
	Namespace string
	Commit    Commit
	// Files is the source's repository at Commit.
	Files fs.FS
	// Refs holds the repositories of the application's ref sources by their ref name, for $ref/path.
	Refs map[string]fs.FS
	// Overlay replaces or adds files of the repository, by path from its root: an edit that is not committed.
	Overlay map[string][]byte
	// Fresh has manifests made anew that depend on more than the request: those of a plugin.
	Fresh bool
	// Have is the ID of a rendering whose objects the caller has already.
	Have string
	// Paths are those of the repository that count, as [Application.GeneratePaths] has them; without any, everything does.
	Paths []string
	// Before is the repository as it was rendered before: it is what is rendered while none of the Paths differs. It is nil when
	// Files are rendered in any case.
	Before *Checkout
	// Capabilities describes the destination; its zero value stands for Helm's defaults.
	Capabilities Capabilities
}

// Capabilities is what a template may know about a cluster.
type Capabilities struct {
	// KubeVersion is the server's version, such as "v1.37.2".
	KubeVersion string
	// APIVersions lists "group/version" and "group/version/Kind" of everything that is served.
	APIVersions []string
}

// Tool says what makes manifests of a source.
type Tool string

// The tools, with Argo CD's spelling of sourceType.
const (
	ToolHelm      Tool = "Helm"
	ToolKustomize Tool = "Kustomize"
	ToolDirectory Tool = "Directory"
	ToolPlugin    Tool = "Plugin"
	ToolKsonnet   Tool = "Ksonnet"
)

// Rendered is what a source came to.
type Rendered struct {
	// ID tells this rendering from all others of its renderer, as long as that lives; empty is none.
	ID string
	// Objects are in the tool's order, without tracking marks and without a defaulted namespace. The caller owns them. There
	// are none when the rendering is the one that the caller has.
	Objects []*unstructured.Unstructured
	Tool    Tool
	// Why says how the tool was chosen, such as "Chart.yaml in charts/web".
	Why string
	// Unstable lists the fields that another rendering of the same would fill otherwise, by the index of their object: each
	// is a path of keys and list indexes. Nobody changes it.
	Unstable map[int][][]string
	// Warnings are the tool's remarks that a user should read.
	Warnings []string
	// Kept is true when the request's Before was rendered: something in its Files differs, none of it in its Paths. Passed
	// names what of that the rendering reads.
	Kept   bool
	Passed []string
	// Read identifies what the Paths hold and all that was read, for a request that has Paths: while it is the same, there is
	// nothing new.
	Read string
	// Vain are the Paths that mean nothing, with the reason.
	Vain map[string]string
	// Brought identifies what was read that is in none of the request's repositories: bases of kustomizations and packages that
	// charts depend on. Empty is nothing.
	Brought string
}

// Values is what can be edited about a source before it is rendered.
type Values struct {
	Tool Tool
	Why  string
	// Files are the values files that apply, in order of precedence, lowest first: the chart's own, then valueFiles.
	// For tools without values files they are the files that a user would edit instead (the kustomization).
	Files []ValuesFile
	// Schema is the chart's values.schema.json, nil when there is none or it is not asked.
	Schema []byte
	// Override is the application's own values as YAML text, empty when there are none; Parameters come on top.
	Override   string
	Parameters []HelmParameter
	// Lists are the paths of the lists that the override holds. A list is one value: it comes from the override as a whole,
	// and later changes of the file's list do not arrive.
	Lists []string
	// Effective is the text that an editor opens: the last values file with the application's overrides spliced in,
	// comments and order kept.
	Effective string
	// CommitOnly says why no edit can be kept as an override, and only committed; empty when it depends on the edit.
	CommitOnly string
	// Anew says why Effective is written anew, without the file's comments; empty when it is not.
	Anew string
	// Announced are the parameters that a plugin says it can be given.
	Announced []PluginParameter
	// Editable names the file that Effective is the edited form of, by path from the repository's root.
	Editable string
}

// PluginParameter is a parameter of a config management plugin: one that a source sets, or that the plugin announces.
type PluginParameter struct {
	Name           string            `json:"name"`
	Title          string            `json:"title,omitempty"`
	Tooltip        string            `json:"tooltip,omitempty"`
	Required       bool              `json:"required,omitempty"`
	ItemType       string            `json:"itemType,omitempty"`
	CollectionType string            `json:"collectionType,omitempty"`
	String         *string           `json:"string,omitempty"`
	Array          []string          `json:"array,omitempty"`
	Map            map[string]string `json:"map,omitempty"`
}

// ValuesFile is one values file of a source.
type ValuesFile struct {
	// Path is from the root of the repository, or "$ref/path".
	Path string
	Text string
}

// ValuesEdit is an edited text of [Values.Effective].
type ValuesEdit struct {
	Text string
}

// ValuesResult is what an edit comes to.
type ValuesResult struct {
	// Source is the request's source with the smallest override that gives the edited values.
	Source Source
	// CommitOnly says why no override gives the edited values, and only a commit can; empty when Source does. Source is the
	// request's then.
	CommitOnly string
	// File is the edited file for committing it, with comments, order and quoting untouched; nil when it cannot be.
	File []byte
	// Shadowed is a path of which the application sets another value than File has: committing File alone does not change it.
	// It is empty when there is none.
	Shadowed string
	// Overridden lists the leaf paths that the override holds, such as "service.nodePort".
	Overridden []string
	// Lists are those of the leaf paths that are lists, as in [Values.Lists].
	Lists []string
	// Problems are the YAML and schema errors of the text. With an error among them, Source is not changed.
	Problems []Problem
}

// WholeList says what it means that an override holds the list at a path.
func WholeList(path string) string {
	return "list " + path + " is whole in the override: later changes of the file's list do not arrive"
}

// StaysSet says what it means that the application sets another value at a path than the file that is committed.
func StaysSet(path string) string {
	return path + " stays as the application sets it: a commit alone does not change it"
}

// Problem is something wrong in a text at a place.
type Problem struct {
	// File is the path, empty for the text that is being edited. Line and Column count from 1; 0 is unknown.
	File         string
	Line, Column int
	Message      string
	// Warning is true when the text can be used all the same.
	Warning bool
}
