package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/repository"
)

// registry returns where logins are kept, and the host keys that are kept with them: a file of the store, or Secrets.
func (g *global) registry(
	dir string, clusters *kube.Clusters, log *slog.Logger,
) (*gitsrc.Registry, func(context.Context) (string, string, error), error) {
	if g.repositories == "" {
		return gitsrc.NewRegistry(filepath.Join(dir, ".wheelhouse", "repositories.yaml")), nil, nil
	}
	// Names of contexts may hold slashes; those of namespaces do not.
	i := strings.LastIndex(g.repositories, "/")
	if i <= 0 || i == len(g.repositories)-1 {
		return nil, nil, &command.Outcome{Status: command.ExitUsage, Err: hint.With(
			fmt.Errorf("the place %q for repositories is not of the form CONTEXT/NAMESPACE", g.repositories), "for example --repositories in-cluster/argocd")}
	}
	place := repository.Place{Context: g.repositories[:i], Namespace: g.repositories[i+1:]}
	place.Open = func() (repository.Cluster, error) {
		k, err := clusters.Cluster(app.Destination{Name: place.Context})
		if err != nil {
			return nil, err
		}
		return k, nil
	}
	secrets := repository.New(place, log)
	return gitsrc.RegistryOf(secrets), secrets.KnownHosts, nil
}
