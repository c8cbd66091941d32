package filestore

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// nameOf returns the name of a key for use in paths. A key with a namespace, or with a name that no application can
// have, names nothing here.
func nameOf(key app.Key) (string, error) {
	switch {
	case key.Namespace != "":
		return "", fmt.Errorf("application %s: %w: applications in files have no namespace", key, app.ErrNotFound)
	case len(validation.IsDNS1123Subdomain(key.Name)) > 0:
		return "", fmt.Errorf("application %q: %w: no application can have this name", key.Name, app.ErrNotFound)
	default:
		return key.Name, nil
	}
}

// checkID refuses an id that could lead out of its folder.
func checkID(id string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`).MatchString(id) {
		return fmt.Errorf("id %q: only letters, digits, dashes and underscores are allowed", id)
	}
	return nil
}
