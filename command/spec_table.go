package command

import "github.com/wheelhouse-gitops/wheelhouse/app"

// specTable returns the flags that write a spec, named as Argo CD names them. Their order is that in which they are
// written: a policy is switched on before its settings.
func specTable() []specFlag {
	rows := []specFlag{
		text("project", "`project` of the application", spec(func(s *app.Spec) *string { return &s.Project })),
		text("dest-namespace", "`namespace` for objects that name none", spec(func(s *app.Spec) *string { return &s.Destination.Namespace })),
		text("dest-server", "`URL` of the cluster; https://kubernetes.default.svc is the store's home", writeServer),
		text("dest-name", "kubeconfig `context` of the cluster", writeContext),
		number("revision-history-limit", "entries of the history", 10, writeHistoryLimit),
		list("label", "label as `key=value`", pairs(func(a *app.Application) *map[string]string { return &a.Metadata.Labels })),
		list("annotation", "annotation as `key=value`", pairs(func(a *app.Application) *map[string]string { return &a.Metadata.Annotations })),
	}
	for _, more := range [][]specFlag{sourceTable(), helmTable(), kustomizeTable(), directoryTable(), policyTable()} {
		rows = append(rows, more...)
	}
	return rows
}

func sourceTable() []specFlag {
	return []specFlag{
		text("repo", "repository `URL`", source(func(s *app.Source) *string { return &s.RepoURL })),
		text("path", "`folder` in the repository", source(func(s *app.Source) *string { return &s.Path })),
		text("helm-chart", "`name` of a chart in a Helm repository or an OCI registry", source(func(s *app.Source) *string { return &s.Chart })),
		text("revision", "branch, tag, commit, version or `range` to follow (default HEAD)", source(func(s *app.Source) *string { return &s.TargetRevision })),
		text("ref", "`name` by which other sources refer to files of this one", source(func(s *app.Source) *string { return &s.Ref })),
		text("source-name", "`name` of the source", source(func(s *app.Source) *string { return &s.Name })),
	}
}

func helmTable() []specFlag {
	return []specFlag{
		list("values", "values `file` of a Helm chart, from the source's path", helm(func(h *app.HelmSource) *[]string { return &h.ValueFiles })),
		text("values-literal", "values of a Helm chart as `YAML` text", writeValues),
		text("values-literal-file", "values of a Helm chart from a `file` on this machine", writeValuesFile),
		parameters("helm-set", "p", "Helm parameter as `key=value`; may repeat", false),
		parameters("parameter", "", "the same as --helm-set: `key=value`; may repeat", false),
		parameters("helm-set-string", "", "Helm parameter as a string, as `key=value`; may repeat", true),
		list("helm-set-file", "Helm parameter from a file, as `key=path`", writeFileParameters),
		text("release-name", "Helm release `name` (default: the application's)", helm(func(h *app.HelmSource) *string { return &h.ReleaseName })),
		text("helm-namespace", "`namespace` that templates see (default: the destination's)", helm(func(h *app.HelmSource) *string { return &h.Namespace })),
		text("helm-kube-version", "Kubernetes `version` that templates see (default: the cluster's)", helm(func(h *app.HelmSource) *string { return &h.KubeVersion })),
		list("helm-api-versions", "API `version` that templates see (default: the cluster's)", helm(func(h *app.HelmSource) *[]string { return &h.APIVersions })),
		yes("helm-skip-crds", "leave the chart's CRDs out", helm(func(h *app.HelmSource) *bool { return &h.SkipCrds })),
		yes("helm-skip-tests", "leave the chart's tests out", helm(func(h *app.HelmSource) *bool { return &h.SkipTests })),
		yes("helm-skip-schema-validation", "do not check values against the chart's schema", helm(func(h *app.HelmSource) *bool { return &h.SkipSchemaValidation })),
		yes("helm-pass-credentials", "send the credentials to every host that the chart's repository names", helm(func(h *app.HelmSource) *bool { return &h.PassCredentials })),
		yes("ignore-missing-value-files", "a values file that is missing is no error", helm(func(h *app.HelmSource) *bool { return &h.IgnoreMissingValueFiles })),
	}
}

func kustomizeTable() []specFlag {
	return []specFlag{
		list("kustomize-image", "image `name=new:tag` of a kustomization", writeImages),
		list("kustomize-replica", "replicas of a workload, as `name=count`", writeReplicas),
		text("nameprefix", "kustomize name `prefix`", kustomize(func(k *app.KustomizeSource) *string { return &k.NamePrefix })),
		text("namesuffix", "kustomize name `suffix`", kustomize(func(k *app.KustomizeSource) *string { return &k.NameSuffix })),
		text("kustomize-namespace", "kustomize `namespace`", kustomize(func(k *app.KustomizeSource) *string { return &k.Namespace })),
		list("kustomize-common-label", "label for every object of a kustomization, as `key=value`", kustomizePairs(func(k *app.KustomizeSource) *map[string]string { return &k.CommonLabels })),
		list("kustomize-common-annotation", "annotation for every object of a kustomization, as `key=value`", kustomizePairs(func(k *app.KustomizeSource) *map[string]string { return &k.CommonAnnotations })),
		yes("kustomize-force-common-label", "common labels replace those that are there", kustomize(func(k *app.KustomizeSource) *bool { return &k.ForceCommonLabels })),
		yes("kustomize-force-common-annotation", "common annotations replace those that are there", kustomize(func(k *app.KustomizeSource) *bool { return &k.ForceCommonAnnotations })),
		yes("kustomize-label-without-selector", "common labels are not put into selectors", kustomize(func(k *app.KustomizeSource) *bool { return &k.LabelWithoutSelector })),
		yes("kustomize-label-include-templates", "common labels are put into templates too", kustomize(func(k *app.KustomizeSource) *bool { return &k.LabelIncludeTemplates })),
		text("kustomize-kube-version", "Kubernetes `version` that charts of a kustomization see", kustomize(func(k *app.KustomizeSource) *string { return &k.KubeVersion })),
		list("kustomize-api-versions", "API `version` that charts of a kustomization see", kustomize(func(k *app.KustomizeSource) *[]string { return &k.APIVersions })),
	}
}

func directoryTable() []specFlag {
	return []specFlag{
		yes("directory-recurse", "read subfolders of a plain folder too", directory(func(d *app.DirectorySource) *bool { return &d.Recurse })),
		text("directory-include", "`glob` of files to read in a plain folder", directory(func(d *app.DirectorySource) *string { return &d.Include })),
		text("directory-exclude", "`glob` of files to leave out in a plain folder", directory(func(d *app.DirectorySource) *string { return &d.Exclude })),
		list("jsonnet-ext-var-str", "Jsonnet external variable, as `name=value`", jsonnetVars(extVars, false)),
		list("jsonnet-ext-var-code", "Jsonnet external variable of Jsonnet code, as `name=code`", jsonnetVars(extVars, true)),
		list("jsonnet-tla-str", "Jsonnet top-level argument, as `name=value`", jsonnetVars(tlas, false)),
		list("jsonnet-tla-code", "Jsonnet top-level argument of Jsonnet code, as `name=code`", jsonnetVars(tlas, true)),
		list("jsonnet-libs", "`folder` of Jsonnet libraries, from the root of the repository", directory(func(d *app.DirectorySource) *[]string { return &jsonnet(d).Libs })),
	}
}

func policyTable() []specFlag {
	return []specFlag{
		text("sync-policy", "`automated` (auto) or none (manual)", writePolicy),
		yes("auto-prune", "automatic syncs prune", automated(func(a *app.Automated) *bool { return &a.Prune })),
		yes("self-heal", "automatic syncs undo what others change in the cluster", automated(func(a *app.Automated) *bool { return &a.SelfHeal })),
		yes("allow-empty", "automatic syncs may remove everything", automated(func(a *app.Automated) *bool { return &a.AllowEmpty })),
		list("sync-option", "sync `option` such as CreateNamespace=true, or !OPTION to remove it", writeSyncOptions),
		number("sync-retry-limit", "how often a failed sync is tried again; -1 is without end", 0, retry(func(r *app.Retry) *int64 { return &r.Limit })),
		yes("sync-retry-refresh", "a retry takes the newest commit", retry(func(r *app.Retry) *bool { return &r.Refresh })),
		text("sync-retry-backoff-duration", "`pause` before the first retry, such as 5s", backoff(func(b *app.Backoff) *string { return &b.Duration })),
		text("sync-retry-backoff-max-duration", "longest `pause` between retries, such as 3m", backoff(func(b *app.Backoff) *string { return &b.MaxDuration })),
		number("sync-retry-backoff-factor", "by what each pause is longer than the one before", 2, writeBackoffFactor),
	}
}
