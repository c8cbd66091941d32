package charts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/provenance"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// provenanceLimit bounds a provenance file.
const provenanceLimit = 1 << 20

// verifyPublished checks the provenance file that lies beside a chart's archive in a Helm repository.
func (s *Store) verifyPublished(ctx context.Context, a artifact, r release, u *url.URL, login Login, archive []byte) error {
	what := fmt.Sprintf("chart %s %s of %s", a.chart, r.Version, clean(a.repo))
	name := u.String() + " " + sumOf(archive)
	prov, _, ok := s.disk.noted("provenance", name)
	if !ok {
		at := *u
		at.Path += ".prov"
		p, err := get(ctx, request{url: &at, login: login, limit: provenanceLimit})
		switch {
		case err != nil:
			return explain("fetch provenance", a.repo, err)
		case p.status == http.StatusNotFound:
			return unsigned(what)
		case p.status != http.StatusOK:
			return refusedBy("fetch provenance", a.repo, login, p, "")
		}
		prov = p.body
	}
	if err := verify(what, archive, prov, path.Base(u.Path), login.Keyring); err != nil {
		return err
	}
	if ok {
		return nil
	}
	if err := s.disk.keepNoted("provenance", prov, note{Of: name}); err != nil {
		s.opts.Log.Warn("provenance is not kept", "chart", what, "error", err)
	}
	return nil
}

// verifyPushed checks the provenance that was pushed into a registry with a chart.
func (s *Store) verifyPushed(ctx context.Context, a artifact, m manifest, repo *remote.Repository, login Login, archive []byte) error {
	what := "artifact " + clean(a.repo)
	for _, l := range m.Layers {
		if l.MediaType != provenanceLayer {
			continue
		}
		prov, err := s.layer(ctx, repo, l, provenanceLimit)
		if err != nil {
			return explainOCI("fetch provenance", a, login, err, "the registry has lost it")
		}
		name := m.Annotations[ocispec.AnnotationTitle] + "-" + m.Annotations[ocispec.AnnotationVersion] + ".tgz"
		return verify(what, archive, prov, name, login.Keyring)
	}
	return unsigned(what)
}

// errUnsigned says that a chart is not signed by a key of the keyring.
var errUnsigned = errors.New("its signature is not verified")

func unsigned(what string) error {
	return hint.With(fmt.Errorf("%s: %w: it has no provenance file, and the repository is registered with a keyring", what, errUnsigned),
		"publish it with helm package --sign, or register the repository without --keyring")
}

// verify checks that a provenance file is signed by a key of the keyring, and is about this archive.
func verify(what string, archive, prov []byte, name, keyring string) (err error) {
	keys, err := provenance.NewFromKeyring(keyring, "")
	if err != nil {
		return hint.With(fmt.Errorf("%s: %w: the keyring %s cannot be read: %w", what, errUnsigned, keyring, err), "export it anew: gpg --export > FILE")
	}
	// Helm's check reads files, and looks for the archive by its name.
	dir, err := os.MkdirTemp("", "wheelhouse-provenance-*")
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name = filepath.Join(dir, filepath.Base(name))
	if err := errors.Join(os.WriteFile(name, archive, 0o600), os.WriteFile(name+".prov", prov, 0o600)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if _, err := keys.Verify(name, name+".prov"); err != nil {
		return hint.With(fmt.Errorf("%s: %w: %w", what, errUnsigned, err),
			"if its maker is to be trusted, add the key to the keyring: gpg --export KEY >> "+keyring)
	}
	return nil
}

// isChart makes sure that a signed chart is the one that was asked for: an old version is signed too. An empty version is
// any.
func isChart(files *tree, name, version string) error {
	var meta chart.Metadata
	if err := readYAML(files, "Chart.yaml", &meta); err != nil {
		return fmt.Errorf("chart %s: %w: %w", name, errUnsigned, err)
	}
	if meta.Name != name || version != "" && meta.Version != version {
		return hint.With(fmt.Errorf("chart %s %s: %w: what is signed is %s %s", name, version, errUnsigned, meta.Name, meta.Version),
			"ask who runs the repository")
	}
	return nil
}
