package render

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// buildEnv is the build environment that parameters and paths may name, with Argo CD's names. Plugins see more.
func buildEnv(req app.RenderRequest) map[string]string {
	id := req.Commit.ID
	return map[string]string{
		"ARGOCD_APP_NAME": req.App.Name, "ARGOCD_APP_NAMESPACE": req.Namespace, "ARGOCD_APP_PROJECT_NAME": req.Project,
		"ARGOCD_APP_REVISION": id, "ARGOCD_APP_REVISION_SHORT": head(id, 7), "ARGOCD_APP_REVISION_SHORT_8": head(id, 8),
		"ARGOCD_APP_SOURCE_PATH": req.Source.Path, "ARGOCD_APP_SOURCE_REPO_URL": req.Source.RepoURL,
		"ARGOCD_APP_SOURCE_TARGET_REVISION": req.Source.TargetRevision,
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
		if !ok && j.unknown != nil {
			j.unknown[name] = true
		}
		return v
	})
}

// unknownWarnings says which variables were taken for empty.
func (j job) unknownWarnings() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(j.unknown)) {
		out = append(out, fmt.Sprintf("$%s is not in the build environment and is taken for empty, as in Argo CD; $$%s is the text itself", name, name))
	}
	return out
}
