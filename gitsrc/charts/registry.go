package charts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// registry returns the client of an artifact's repository. Credentials are given to its host alone, and to the token
// service that it names.
func (s *Store) registry(ctx context.Context, a artifact) (*remote.Repository, Login, error) {
	login, err := s.login(ctx, a.login)
	if err != nil {
		return nil, login, err
	}
	login.Keyring = orElse(a.keyring, login.Keyring)
	repo, err := remote.NewRepository(strings.TrimPrefix(a.repo, ociScheme))
	if err != nil {
		return nil, login, hint.With(fmt.Errorf("artifact %s: this is no name in a registry", clean(a.repo)),
			"write oci://HOST/PATH in small letters, with the version in targetRevision")
	}
	repo.PlainHTTP = login.PlainHTTP
	repo.TagListPageSize, repo.TagListMaxPages, repo.MaxMetadataBytes = tagsPerPage, maxTagPages, manifestLimit
	repo.Client = s.tokens.client(repo.Reference.Registry, login)
	return repo, login, nil
}

// tokens keeps the tokens of registries, so that not every request asks for one.
type tokens struct {
	mu     sync.Mutex
	caches map[string]auth.Cache
}

func (t *tokens) client(host string, login Login) *auth.Client {
	key := sumOf([]byte(host + "\n" + login.Username + "\n" + login.Password.Reveal() + "\n" + login.Token.Reveal()))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.caches == nil {
		t.caches = map[string]auth.Cache{}
	}
	if t.caches[key] == nil {
		t.caches[key] = auth.NewCache()
	}
	inner := *login.Client
	inner.Jar = nil
	inner.CheckRedirect = func(req *http.Request, via []*http.Request) error { return FollowRedirect(via[0].URL, req, via) }
	return &auth.Client{
		Client: &inner, Cache: t.caches[key], Header: http.Header{"User-Agent": {"wheelhouse"}},
		Credential: auth.StaticCredential(host, auth.Credential{
			Username: login.Username, Password: login.Password.Reveal(), AccessToken: login.Token.Reveal(),
		}),
	}
}

// forget drops all tokens, so that credentials are tried anew.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.caches = nil
}

// testOCI logs in to a registry, and lists the tags of the artifact if the URL is that of one.
func (s *Store) testOCI(ctx context.Context, raw string) error {
	s.tokens.forget()
	a := artifact{repo: ociScheme + strings.Trim(strings.TrimPrefix(raw, ociScheme), "/"), oci: true, login: raw}
	if !strings.Contains(strings.TrimPrefix(a.repo, ociScheme), "/") {
		// A whole registry: its repositories are known by name only.
		a.repo += "/wheelhouse"
	}
	repo, login, err := s.registry(ctx, a)
	if err != nil {
		return err
	}
	host, err := remote.NewRegistry(repo.Reference.Registry)
	if err != nil {
		return hint.With(fmt.Errorf("registry %s: this is no host", clean(raw)), "correct the URL")
	}
	host.PlainHTTP, host.Client = repo.PlainHTTP, repo.Client
	if err := host.Ping(ctx); err != nil {
		return explainOCI("log in", a, login, err, "it is no registry of OCI artifacts")
	}
	if _, err := s.listTags(ctx, a); err != nil && !errors.Is(err, app.ErrNotFound) {
		return err
	}
	return nil
}

// explainOCI says which step of a conversation with a registry failed.
func explainOCI(act string, a artifact, login Login, err error, missing string) error {
	if answer, ok := errors.AsType[*errcode.ErrorResponse](err); ok {
		return refusedBy(act, a.repo, login, page{status: answer.StatusCode}, missing)
	}
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		return refusedBy(act, a.repo, login, page{status: http.StatusNotFound}, missing)
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		return refusedBy(act, a.repo, Login{}, page{status: http.StatusUnauthorized}, missing)
	}
	return explain(act, a.repo, inner(err))
}
