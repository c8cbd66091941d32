package render

import (
	"regexp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// buildEnv is the build environment that parameters and paths may name, with Argo CD's names.
func buildEnv(req app.RenderRequest) map[string]string {
	id := req.Commit.ID
	return map[string]string{
		"ARGOCD_APP_NAME": req.App.Name, "ARGOCD_APP_NAMESPACE": req.Namespace, "ARGOCD_APP_PROJECT_NAME": req.Project,
		"ARGOCD_APP_REVISION": id, "ARGOCD_APP_REVISION_SHORT": head(id, 7), "ARGOCD_APP_REVISION_SHORT_8": head(id, 8),
		"ARGOCD_APP_SOURCE_PATH": req.Source.Path, "ARGOCD_APP_SOURCE_REPO_URL": req.Source.RepoURL,
		"ARGOCD_APP_SOURCE_TARGET_REVISION": req.Source.TargetRevision,
		"KUBE_VERSION":                      req.Capabilities.KubeVersion,
	}
}

func head(s string, n int) string {
	if len(s) < n {
		return s
	}
	return s[:n]
}

var variable = regexp.MustCompile(`\$(\$|\{[A-Za-z_][A-Za-z0-9_]*\}|[A-Za-z_][A-Za-z0-9_]*)`)

// expand substitutes variables of the build environment; $$ is a dollar sign, and what is not known stays as it is.
func (j job) expand(s string) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		if m == "$$" {
			return "$"
		}
		name := m[1:]
		if name[0] == '{' {
			name = name[1 : len(name)-1]
		}
		if v, ok := j.env[name]; ok {
			return v
		}
		return m
	})
}
