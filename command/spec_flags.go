package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// specFlags are the flags of `app create` and `app set` that write a part of the spec. Only flags that were given are
// applied, so `set` leaves everything else alone.
type specFlags struct {
	repo, path, chart, revision, project        string
	destNamespace, destServer, destName         string
	values, helmSet, helmSetString, helmSetFile []string
	valuesLiteral, releaseName                  string
	kustomizeImages, kustomizeReplicas          []string
	namePrefix, nameSuffix, kustomizeNamespace  string
	recurse                                     bool
	include, exclude                            string
	syncPolicy                                  string
	autoPrune, selfHeal, allowEmpty             bool
	syncOptions                                 []string
	labels, annotations                         []string
	revisionHistoryLimit, retryLimit            int64
	skipCrds, ignoreMissing, skipSchema         bool
}

func (s *specFlags) declare(f *pflag.FlagSet) {
	f.StringVar(&s.repo, "repo", "", "repository `URL`")
	f.StringVar(&s.path, "path", "", "`folder` in the repository")
	f.StringVar(&s.chart, "helm-chart", "", "`name` of a chart in a Helm repository")
	f.StringVar(&s.revision, "revision", "", "branch, tag, commit or `range` to follow (default HEAD)")
	f.StringVar(&s.project, "project", "", "`project` of the application")
	f.StringVar(&s.destNamespace, "dest-namespace", "", "`namespace` for objects that name none")
	f.StringVar(&s.destServer, "dest-server", "", "`URL` of the cluster; https://kubernetes.default.svc is the store's home")
	f.StringVar(&s.destName, "dest-name", "", "kubeconfig `context` of the cluster")
	f.StringArrayVar(&s.values, "values", nil, "values `file` of a Helm chart, from the source's path; may repeat")
	f.StringVar(&s.valuesLiteral, "values-literal", "", "values of a Helm chart as `YAML` text")
	f.StringArrayVarP(&s.helmSet, "helm-set", "p", nil, "Helm parameter as `key=value`; may repeat")
	f.StringArrayVar(&s.helmSetString, "helm-set-string", nil, "Helm parameter as a string, as `key=value`; may repeat")
	f.StringArrayVar(&s.helmSetFile, "helm-set-file", nil, "Helm parameter from a file, as `key=path`; may repeat")
	f.StringVar(&s.releaseName, "release-name", "", "Helm release `name` (default: the application's)")
	f.BoolVar(&s.skipCrds, "helm-skip-crds", false, "leave the chart's CRDs out")
	f.BoolVar(&s.skipSchema, "helm-skip-schema-validation", false, "do not check values against the chart's schema")
	f.BoolVar(&s.ignoreMissing, "ignore-missing-value-files", false, "a values file that is missing is no error")
	f.StringArrayVar(&s.kustomizeImages, "kustomize-image", nil, "image `name=new:tag` of a kustomization; may repeat")
	f.StringArrayVar(&s.kustomizeReplicas, "kustomize-replica", nil, "replicas of a workload, as `name=count`; may repeat")
	f.StringVar(&s.namePrefix, "nameprefix", "", "kustomize name `prefix`")
	f.StringVar(&s.nameSuffix, "namesuffix", "", "kustomize name `suffix`")
	f.StringVar(&s.kustomizeNamespace, "kustomize-namespace", "", "kustomize `namespace`")
	f.BoolVar(&s.recurse, "directory-recurse", false, "read subfolders of a plain folder too")
	f.StringVar(&s.include, "directory-include", "", "`glob` of files to read in a plain folder")
	f.StringVar(&s.exclude, "directory-exclude", "", "`glob` of files to leave out in a plain folder")
	f.StringVar(&s.syncPolicy, "sync-policy", "", "`automated` (auto) or none (manual)")
	f.BoolVar(&s.autoPrune, "auto-prune", false, "automatic syncs prune")
	f.BoolVar(&s.selfHeal, "self-heal", false, "automatic syncs undo what others change in the cluster")
	f.BoolVar(&s.allowEmpty, "allow-empty", false, "automatic syncs may remove everything")
	f.StringArrayVar(&s.syncOptions, "sync-option", nil, "sync `option` such as CreateNamespace=true, or !OPTION to remove it; may repeat")
	f.Int64Var(&s.revisionHistoryLimit, "revision-history-limit", 10, "entries of the history")
	f.Int64Var(&s.retryLimit, "sync-retry-limit", 0, "how often a failed automatic sync is tried again; -1 is without end")
	f.StringArrayVar(&s.labels, "label", nil, "label as `key=value`; may repeat")
	f.StringArrayVar(&s.annotations, "annotation", nil, "annotation as `key=value`; may repeat")
}

// apply writes the flags that were given into an application.
func (s *specFlags) apply(f *pflag.FlagSet, a *app.Application) error {
	var errs []error
	// The policy is switched on before its settings are written; Visit goes by name.
	if f.Changed("sync-policy") {
		if err := s.applyPolicy("sync-policy", a); err != nil {
			return usage(fmt.Errorf("--sync-policy: %w", err))
		}
	}
	f.Visit(func(flag *pflag.Flag) {
		if flag.Name == "sync-policy" {
			return
		}
		if err := s.applyOne(flag.Name, a); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", flag.Name, err))
		}
	})
	if len(errs) > 0 {
		return usage(errors.Join(errs...))
	}
	return nil
}

func (s *specFlags) applyOne(flag string, a *app.Application) error {
	switch flag {
	case "project":
		a.Spec.Project = s.project
	case "dest-namespace":
		a.Spec.Destination.Namespace = s.destNamespace
	case "dest-server":
		a.Spec.Destination.Server, a.Spec.Destination.Name = s.destServer, ""
	case "dest-name":
		a.Spec.Destination.Name, a.Spec.Destination.Server = s.destName, ""
	case "revision-history-limit":
		a.Spec.RevisionHistoryLimit = &s.revisionHistoryLimit
	case "label":
		return setPairs(&a.Metadata.Labels, s.labels)
	case "annotation":
		return setPairs(&a.Metadata.Annotations, s.annotations)
	case "sync-policy", "auto-prune", "self-heal", "allow-empty", "sync-option", "sync-retry-limit":
		return s.applyPolicy(flag, a)
	default:
		return s.applySource(flag, a)
	}
	return nil
}

// applySource writes a flag of the source. With several sources the flags are ambiguous and refused.
func (s *specFlags) applySource(flag string, a *app.Application) error {
	src, err := onlySource(a, flag)
	if src == nil || err != nil {
		return err
	}
	switch flag {
	case "repo":
		src.RepoURL = s.repo
	case "path":
		src.Path = s.path
	case "helm-chart":
		src.Chart = s.chart
	case "revision":
		src.TargetRevision = s.revision
	case "directory-recurse", "directory-include", "directory-exclude":
		if src.Directory == nil {
			src.Directory = &app.DirectorySource{}
		}
		switch flag {
		case "directory-recurse":
			src.Directory.Recurse = s.recurse
		case "directory-include":
			src.Directory.Include = s.include
		case "directory-exclude":
			src.Directory.Exclude = s.exclude
		}
	case "kustomize-image", "kustomize-replica", "nameprefix", "namesuffix", "kustomize-namespace":
		return s.applyKustomize(flag, src)
	default:
		return s.applyHelm(flag, src)
	}
	return nil
}

// sourceFlagNames are the flags that write into the source; others of a verb are none of its business.
var sourceFlagNames = []string{
	"repo", "path", "helm-chart", "revision", "directory-recurse", "directory-include", "directory-exclude",
	"kustomize-image", "kustomize-replica", "nameprefix", "namesuffix", "kustomize-namespace", "values", "values-literal",
	"helm-set", "helm-set-string", "helm-set-file", "release-name", "helm-skip-crds", "helm-skip-schema-validation",
	"ignore-missing-value-files",
}

func onlySource(a *app.Application, flag string) (*app.Source, error) {
	if !slices.Contains(sourceFlagNames, flag) {
		return nil, nil
	}
	if len(a.Spec.Sources) > 0 {
		return nil, fmt.Errorf("the application has %d sources; edit them in its document", len(a.Spec.Sources))
	}
	if a.Spec.Source == nil {
		a.Spec.Source = &app.Source{}
	}
	return a.Spec.Source, nil
}

func (s *specFlags) applyHelm(flag string, src *app.Source) error {
	if src.Helm == nil {
		src.Helm = &app.HelmSource{}
	}
	h := src.Helm
	switch flag {
	case "values":
		h.ValueFiles = s.values
	case "values-literal":
		h.Values, h.ValuesObject = s.valuesLiteral, nil
	case "release-name":
		h.ReleaseName = s.releaseName
	case "helm-skip-crds":
		h.SkipCrds = s.skipCrds
	case "helm-skip-schema-validation":
		h.SkipSchemaValidation = s.skipSchema
	case "ignore-missing-value-files":
		h.IgnoreMissingValueFiles = s.ignoreMissing
	case "helm-set":
		return setParameters(h, s.helmSet, false)
	case "helm-set-string":
		return setParameters(h, s.helmSetString, true)
	case "helm-set-file":
		for _, pair := range s.helmSetFile {
			k, v, err := cutPair(pair)
			if err != nil {
				return err
			}
			h.FileParameters = slices.DeleteFunc(h.FileParameters, func(p app.HelmFileParameter) bool { return p.Name == k })
			h.FileParameters = append(h.FileParameters, app.HelmFileParameter{Name: k, Path: v})
		}
	}
	return nil
}

// setParameters adds Helm parameters; one of the same name is replaced in its place.
func setParameters(h *app.HelmSource, pairs []string, forceString bool) error {
	for _, pair := range pairs {
		k, v, err := cutPair(pair)
		if err != nil {
			return err
		}
		p := app.HelmParameter{Name: k, Value: v, ForceString: forceString}
		if i := slices.IndexFunc(h.Parameters, func(o app.HelmParameter) bool { return o.Name == k }); i >= 0 {
			h.Parameters[i] = p
			continue
		}
		h.Parameters = append(h.Parameters, p)
	}
	return nil
}

func (s *specFlags) applyKustomize(flag string, src *app.Source) error {
	if src.Kustomize == nil {
		src.Kustomize = &app.KustomizeSource{}
	}
	k := src.Kustomize
	switch flag {
	case "nameprefix":
		k.NamePrefix = s.namePrefix
	case "namesuffix":
		k.NameSuffix = s.nameSuffix
	case "kustomize-namespace":
		k.Namespace = s.kustomizeNamespace
	case "kustomize-image":
		for _, image := range s.kustomizeImages {
			name := imageName(image)
			k.Images = slices.DeleteFunc(k.Images, func(o string) bool { return imageName(o) == name })
			k.Images = append(k.Images, image)
		}
	case "kustomize-replica":
		for _, pair := range s.kustomizeReplicas {
			name, count, err := cutPair(pair)
			if err != nil {
				return err
			}
			k.Replicas = slices.DeleteFunc(k.Replicas, func(r app.KustomizeReplica) bool { return r.Name == name })
			k.Replicas = append(k.Replicas, app.KustomizeReplica{Name: name, Count: count})
		}
	}
	return nil
}

// imageName is the part of a kustomize image that says which one it replaces.
func imageName(image string) string {
	name, _, _ := strings.Cut(image, "=")
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name
}

func (s *specFlags) applyPolicy(flag string, a *app.Application) error {
	if a.Spec.SyncPolicy == nil {
		a.Spec.SyncPolicy = &app.SyncPolicy{}
	}
	p := a.Spec.SyncPolicy
	switch flag {
	case "sync-option":
		for _, o := range s.syncOptions {
			name, remove := strings.CutPrefix(o, "!")
			name, _, _ = strings.Cut(name, "=")
			p.SyncOptions = slices.DeleteFunc(p.SyncOptions, func(old string) bool {
				n, _, _ := strings.Cut(old, "=")
				return n == name
			})
			if !remove {
				p.SyncOptions = append(p.SyncOptions, o)
			}
		}
		return nil
	case "sync-retry-limit":
		if p.Retry == nil {
			p.Retry = &app.Retry{}
		}
		p.Retry.Limit = s.retryLimit
		return nil
	case "sync-policy":
		switch s.syncPolicy {
		case "automated", "auto":
			if p.Automated == nil {
				p.Automated = &app.Automated{}
			}
			p.Automated.Enabled = nil
		case "none", "manual":
			p.Automated = nil
		default:
			return fmt.Errorf("%q is neither automated nor none", s.syncPolicy)
		}
		return nil
	}
	if p.Automated == nil {
		return fmt.Errorf("the application is not automated; add --sync-policy automated")
	}
	switch flag {
	case "auto-prune":
		p.Automated.Prune = s.autoPrune
	case "self-heal":
		p.Automated.SelfHeal = s.selfHeal
	case "allow-empty":
		p.Automated.AllowEmpty = s.allowEmpty
	}
	return nil
}

func setPairs(m *map[string]string, pairs []string) error {
	for _, pair := range pairs {
		k, v, err := cutPair(pair)
		if err != nil {
			return err
		}
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[k] = v
	}
	return nil
}

func cutPair(s string) (string, string, error) {
	k, v, ok := strings.Cut(s, "=")
	if !ok || k == "" {
		return "", "", fmt.Errorf("%q is not of the form key=value", s)
	}
	return k, v, nil
}
