package charts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

const (
	// tagsPerPage and maxTagPages bound the listing of tags.
	tagsPerPage, maxTagPages = 1000, 50
	// manifestLimit bounds a manifest.
	manifestLimit = 4 << 20
	digestScheme  = "sha256:"
	// versionAge is how long a version of a chart is taken to be what it was, which nobody should change: registries count
	// questions.
	versionAge = time.Minute
)

// manifest is what a tag or a digest stands for in a registry.
type manifest struct {
	sum string
	ocispec.Manifest
}

// resolveOCI returns the commit of an artifact: for a chart the version, for others the digest of the manifest. A
// revision with a digest needs no network.
func (s *Store) resolveOCI(ctx context.Context, a artifact, revision string, maxAge time.Duration) (app.Commit, error) {
	if digest := strings.TrimPrefix(revision, "@"); strings.HasPrefix(digest, digestScheme) {
		return app.Commit{Revision: revision, ID: digest}, nil
	}
	tag, err := s.tag(ctx, a, revision, maxAge)
	if err != nil {
		return app.Commit{}, err
	}
	if a.byVersion && maxAge > 0 {
		maxAge = max(maxAge, versionAge)
	}
	m, err := s.manifest(ctx, a, tag, maxAge)
	if err != nil {
		return app.Commit{}, err
	}
	c := m.commit(a, tag)
	c.Revision = revision
	return c, nil
}

// tag is the tag that a revision stands for. A range is looked for among all tags.
func (s *Store) tag(ctx context.Context, a artifact, revision string, maxAge time.Duration) (string, error) {
	if revision != "" && !isRange(revision) {
		return asTag(revision), nil
	}
	tags, err := ask(ctx, &s.known, "list tags of "+clean(a.repo), maxAge, func(ctx context.Context) ([]string, error) { return s.listTags(ctx, a) })
	if err != nil {
		return "", err
	}
	versions := make([]string, len(tags))
	for i, t := range tags {
		versions[i] = asVersion(t)
	}
	version, ok := pick(versions, revision)
	switch {
	case ok:
		return asTag(version), nil
	case revision == "" && pickLatest(tags):
		return "latest", nil
	}
	return "", noVersion(clean(a.repo), versions, revision)
}

func pickLatest(tags []string) bool {
	_, ok := pick(tags, "latest")
	return ok
}

// asTag is a version as a tag: a plus sign, which no tag has, is an underscore, as Helm writes it.
func asTag(version string) string { return strings.ReplaceAll(version, "+", "_") }

func asVersion(tag string) string { return strings.ReplaceAll(tag, "_", "+") }

func (s *Store) listTags(ctx context.Context, a artifact) ([]string, error) {
	repo, login, err := s.registry(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []string
	err = repo.Tags(ctx, "", func(tags []string) error {
		out = append(out, tags...)
		return nil
	})
	if errors.Is(err, errdef.ErrTooManyPages) {
		return nil, hint.With(fmt.Errorf("list tags of %s: it has more than %d", clean(a.repo), tagsPerPage*maxTagPages),
			"name one version in spec.source.targetRevision")
	}
	if err != nil {
		return nil, explainOCI("list tags", a, login, err, "the registry has no such artifact")
	}
	return out, nil
}

// manifest returns the manifest of a tag, not older than maxAge.
func (s *Store) manifest(ctx context.Context, a artifact, tag string, maxAge time.Duration) (manifest, error) {
	return ask(ctx, &s.known, manifestQuestion(a, tag), maxAge, func(ctx context.Context) (manifest, error) {
		return s.readManifest(ctx, a, tag)
	})
}

func manifestQuestion(a artifact, tag string) string {
	return "read manifest of " + clean(a.repo) + ":" + tag
}

// knownManifest returns the manifest of a version or a digest as it was last seen, and asks only when it was not.
func (s *Store) knownManifest(ctx context.Context, a artifact, id string) (manifest, error) {
	if sum, ok := strings.CutPrefix(id, digestScheme); ok {
		if b, ok := s.disk.blob(sum); ok {
			return parseManifest(b)
		}
		return s.readManifest(ctx, a, id)
	}
	tag := asTag(id)
	if m, ok := last[manifest](&s.known, manifestQuestion(a, tag)); ok {
		return m, nil
	}
	if b, _, ok := s.disk.noted("tag", a.repo+":"+tag); ok {
		return parseManifest(b)
	}
	return s.manifest(ctx, a, tag, time.Hour)
}

// readManifest asks the registry what a tag or a digest stands for.
func (s *Store) readManifest(ctx context.Context, a artifact, reference string) (manifest, error) {
	const act = "read manifest"
	repo, login, err := s.registry(ctx, a)
	if err != nil {
		return manifest{}, err
	}
	at := a
	at.repo += ":" + reference
	if strings.HasPrefix(reference, digestScheme) {
		at.repo = a.repo + "@" + reference
	}
	desc, err := repo.Resolve(ctx, reference)
	if err != nil {
		return manifest{}, explainOCI(act, at, login, err, "the registry has no such version")
	}
	sum, ok := strings.CutPrefix(desc.Digest.String(), digestScheme)
	switch {
	case !ok:
		return manifest{}, fmt.Errorf("%s of %s: its digest is no SHA-256", act, clean(at.repo))
	case desc.MediaType != ocispec.MediaTypeImageManifest:
		return manifest{}, hint.With(fmt.Errorf("%s of %s: it is no single artifact but %s", act, clean(at.repo), desc.MediaType),
			"push the chart or the manifests as one artifact: helm push, or oras push")
	case desc.Size > manifestLimit:
		return manifest{}, explain(act, at.repo, refused("it is larger than %s", size(manifestLimit)))
	}
	b, ok := s.disk.blob(sum)
	if !ok {
		if b, err = content.FetchAll(ctx, repo.Manifests(), desc); err != nil {
			return manifest{}, explainOCI(act, at, login, err, "the registry has no such version")
		}
		err = s.disk.keepBlob(b)
	}
	if reference != desc.Digest.String() {
		err = errors.Join(err, s.disk.keepNoted("tag", b, note{Of: a.repo + ":" + reference}))
	}
	if err != nil {
		s.opts.Log.Warn("manifest is not kept", "repository", clean(a.repo), "error", err)
	}
	return parseManifest(b)
}

func parseManifest(b []byte) (manifest, error) {
	m := manifest{sum: sumOf(b)}
	if err := json.Unmarshal(b, &m.Manifest); err != nil {
		return m, fmt.Errorf("read manifest %s: %w", m.sum, err)
	}
	return m, nil
}

// commit describes an artifact by its annotations.
func (m manifest) commit(a artifact, tag string) app.Commit {
	c := app.Commit{ID: digestScheme + m.sum}
	version := m.Annotations[ocispec.AnnotationVersion]
	if tag != "" {
		version = asVersion(tag)
	}
	if a.byVersion && tag != "" {
		c.ID = version
	}
	c.Author = m.Annotations[ocispec.AnnotationAuthors]
	c.Message = strings.TrimSpace(orElse(m.Annotations[ocispec.AnnotationTitle], path.Base(a.repo)) + " " + version)
	if line, _, _ := strings.Cut(strings.TrimSpace(m.Annotations[ocispec.AnnotationDescription]), "\n"); line != "" {
		c.Message += ": " + line
	}
	if at, err := time.Parse(time.RFC3339, m.Annotations[ocispec.AnnotationCreated]); err == nil {
		c.Date = at
	}
	return c
}

// fetchOCI brings an artifact by version or digest.
func (s *Store) fetchOCI(ctx context.Context, a artifact, id string) (fs.FS, app.Commit, error) {
	m, err := s.knownManifest(ctx, a, id)
	if err != nil {
		return nil, app.Commit{}, err
	}
	version := ""
	if !strings.HasPrefix(id, digestScheme) {
		version = id
	}
	files, err := s.filesOf(ctx, a, m, version)
	return files, m.commit(a, asTag(version)), err
}

// The media types of charts, as Helm pushes them.
const (
	chartLayer      = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	provenanceLayer = "application/vnd.cncf.helm.chart.provenance.v1.prov"
)

// layerOf is the layer of an artifact that holds its files: that of the chart, or the only one, which has to be a tar
// archive.
func (m manifest) layerOf(a artifact) (ocispec.Descriptor, error) {
	var kinds []string
	for _, l := range m.Layers {
		if l.MediaType == chartLayer {
			return l, nil
		}
		kinds = append(kinds, l.MediaType)
	}
	what := fmt.Sprintf("its %d layers are %s", len(kinds), strings.Join(kinds, ", "))
	if a.byVersion {
		return ocispec.Descriptor{}, hint.With(fmt.Errorf("artifact %s: it is no chart: %s", clean(a.repo), what),
			"for manifests without a chart use a repoURL that begins with oci://, a path, and no chart")
	}
	if len(m.Layers) == 1 && (kinds[0] == ocispec.MediaTypeImageLayerGzip || kinds[0] == ocispec.MediaTypeImageLayer) {
		return m.Layers[0], nil
	}
	return ocispec.Descriptor{}, hint.With(fmt.Errorf("artifact %s: it is not one archive of manifests: %s", clean(a.repo), what),
		"push one layer of the type "+ocispec.MediaTypeImageLayerGzip)
}

// filesOf returns the files of an artifact of a version, which is empty where only a digest was asked for.
func (s *Store) filesOf(ctx context.Context, a artifact, m manifest, version string) (*tree, error) {
	layer, err := m.layerOf(a)
	if err != nil {
		return nil, err
	}
	repo, login, err := s.registry(ctx, a)
	if err != nil {
		return nil, err
	}
	files, err := s.opened.get(ctx, layer.Digest.String()+" "+layer.MediaType+" "+login.Keyring, func() (*tree, error) {
		b, err := s.layer(ctx, repo, layer, standard.compressed)
		if err != nil {
			return nil, explainOCI("fetch", a, login, err, "the registry has lost it")
		}
		if login.Keyring != "" {
			if err := s.verifyPushed(ctx, a, m, repo, login, b); err != nil {
				return nil, err
			}
		}
		if layer.MediaType == chartLayer {
			return chartIn(b, path.Base(a.repo))
		}
		files, err := unpack(b, standard)
		return files, hint.With(err, "push the manifests anew")
	})
	if err == nil && login.Keyring != "" {
		err = isChart(files, path.Base(a.repo), version)
	}
	return files, err
}

// layer returns a layer from the cache, or from its registry, with its digest verified.
func (s *Store) layer(ctx context.Context, repo *remote.Repository, layer ocispec.Descriptor, limit int64) ([]byte, error) {
	sum, ok := strings.CutPrefix(layer.Digest.String(), digestScheme)
	if !ok {
		return nil, errors.New("its digest is no SHA-256")
	}
	if layer.Size > limit {
		return nil, refused("it is larger than %s", size(limit))
	}
	if b, ok := s.disk.blob(sum); ok {
		return b, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	b, err := content.FetchAll(ctx, repo.Blobs(), layer)
	if err != nil {
		return nil, err
	}
	if err := s.disk.keepBlob(b); err != nil {
		s.opts.Log.Warn("archive is not kept", "digest", layer.Digest.String(), "error", err)
	}
	return b, nil
}

// linkedOCI returns the files of a chart that an index of a Helm repository only names.
func (s *Store) linkedOCI(ctx context.Context, from artifact, link, keyring string) (*tree, error) {
	slash, colon := strings.LastIndex(link, "/"), strings.LastIndex(link, ":")
	if colon < slash {
		return nil, fmt.Errorf("chart %s of %s: the index names %s, without a version", from.chart, clean(from.repo), clean(link))
	}
	a := artifact{repo: link[:colon], oci: true, byVersion: true, login: link[:colon], keyring: keyring}
	version := asVersion(link[colon+1:])
	m, err := s.knownManifest(ctx, a, version)
	if err != nil {
		return nil, err
	}
	return s.filesOf(ctx, a, m, version)
}
