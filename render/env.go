package render

import (
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const targetRevision = "ARGOCD_APP_SOURCE_TARGET_REVISION"

// buildEnv is the build environment that parameters and paths may name, with Argo CD's names. Plugins see more.
func buildEnv(req app.RenderRequest) map[string]string {
	id := req.Commit.ID
	return map[string]string{
		"ARGOCD_APP_NAME": req.App.Name, "ARGOCD_APP_NAMESPACE": req.Namespace, "ARGOCD_APP_PROJECT_NAME": req.Project,
		"ARGOCD_APP_REVISION": id, "ARGOCD_APP_REVISION_SHORT": head(id, 7), "ARGOCD_APP_REVISION_SHORT_8": head(id, 8),
		"ARGOCD_APP_SOURCE_PATH": req.Source.Path, "ARGOCD_APP_SOURCE_REPO_URL": app.ShownURL(req.Source.RepoURL),
		targetRevision: req.Source.TargetRevision,
	}
}

func head(s string, n int) string {
	if len(s) < n {
		return s
	}
	return s[:n]
}

// expand substitutes variables of the build environment as Argo CD does: $$ is a dollar sign, and a variable that is not
// known is empty.
func (j job) expand(s string) string {
	return os.Expand(s, func(name string) string {
		if name == "$" {
			return "$"
		}
		v, ok := j.env[name]
		j.found.variable(name, ok)
		return v
	})
}
