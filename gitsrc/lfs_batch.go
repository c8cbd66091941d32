package gitsrc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

// largeType is the media type of the batch API.
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
const largeType = "application/vnd.git-lfs+json"

// mostAnswer bounds what a server may say to a question, in bytes, and mostTold what of it is passed on.
const (
	mostAnswer = 1 << 20
	mostTold   = 300
)

// batch asks for one object.
type batch struct {
	Operation string        `json:"operation"`
	Transfers []string      `json:"transfers"`
	Objects   []batchObject `json:"objects"`
	HashAlgo  string        `json:"hash_algo"`
}

type batchObject struct {
	OID  string `json:"oid"`
	Size int64  `json:"size"`
}

// batchAnswer is what the server says to it.
type batchAnswer struct {
	Transfer string `json:"transfer"`
	HashAlgo string `json:"hash_algo"`
	Objects  []struct {
		OID           string `json:"oid"`
		Authenticated bool   `json:"authenticated"`
		Actions       struct {
			Download *largeAction `json:"download"`
		} `json:"actions"`
		Error *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	} `json:"objects"`
}

// largeAction says how an object is had.
type largeAction struct {
	Href   string            `json:"href"`
	Header map[string]string `json:"header"`
	// Complete says that nothing is to be added to the header.
	Complete bool `json:"-"`
}

// bringLarge downloads the content of a pointer and compares it with that.
func (f *Fetcher) bringLarge(ctx context.Context, repository string, files *treeFS, p lfs.Pointer) ([]byte, error) {
	s, err := f.largeServerOf(ctx, repository, files)
	where := repository
	if err == nil {
		where = s.url.String()
		if isWeb(repository) && sameOrigin(repository, s.url) {
			where = repository
		}
	}
	var data []byte
	if err == nil {
		err = f.withHelper(ctx, where, func() (err error) {
			data, err = f.tryLarge(ctx, s, p)
			return err
		})
	}
	switch {
	case err == nil:
		return data, nil
	case s.over != "":
		// What it granted may not hold any more.
		f.ungrant(s.over)
	}
	act := "fetch object " + short7(p.OID) + " from Git LFS"
	switch {
	case hint.Of(err) != "":
		err = fmt.Errorf("%s of %s: %w", act, app.ShownURL(where), err)
	case errors.Is(err, transport.ErrAuthenticationRequired), errors.Is(err, transport.ErrAuthorizationFailed):
		err = f.largeRefused(ctx, act, where, s, err)
	default:
		err = explain(act, where, err)
	}
	return nil, err
}

// largeRefused says whose login was not enough, and how another one is registered.
func (f *Fetcher) largeRefused(ctx context.Context, act, where string, s largeServer, err error) error {
	what := "the credentials were refused"
	if errors.Is(err, transport.ErrAuthenticationRequired) {
		what = "authentication is required, and none or a wrong login is registered"
	}
	if len(s.header) > 0 {
		what = "the server does not take what its own git-lfs-authenticate granted"
	}
	at, flags := clean(where), "--upsert --username NAME --password -"
	if e, entryErr := f.largeEntry(ctx, s, s.url); entryErr == nil {
		at = orElse(e.registered, at)
	}
	if where == s.repository {
		flags += " --enable-lfs"
	}
	return hint.With(fmt.Errorf("%s of %s: %s", act, app.ShownURL(where), what), "register one that may read it: wheelhouse repo add "+at+" "+flags)
}

// tryLarge asks where an object is, and gets it.
func (f *Fetcher) tryLarge(ctx context.Context, s largeServer, p lfs.Pointer) ([]byte, error) {
	action, err := f.locate(ctx, s, p)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(action.Href)
	if err != nil || !isWeb(action.Href) || u.Host == "" {
		return nil, hint.With(errors.New("the server names no https URL to download from"), "tell the server's operator")
	}
	if s.url.Scheme == "https" && u.Scheme != "https" {
		return nil, hint.With(fmt.Errorf("the server is asked by https, and names %s to download from", clean(action.Href)),
			"have the server's operator set its https URL: what is under protection does not leave it")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := f.sendLarge(ctx, s, r, *action)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, hint.With(fmt.Errorf("the download is answered with %s%s", answer.Status, said(answer)),
			"try again: what the server granted may have expired; else tell the server's operator")
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, p.Size+1))
	if err != nil {
		return nil, err
	}
	if err := (largeObject{Pointer: p}).verify(data); err != nil {
		return nil, hint.With(fmt.Errorf("what the server sent is not the object: %w", err),
			"push the object again: git lfs push --object-id REMOTE "+p.OID)
	}
	return data, nil
}

// locate asks the server how an object is had.
func (f *Fetcher) locate(ctx context.Context, s largeServer, p lfs.Pointer) (*largeAction, error) {
	body, err := json.Marshal(batch{"download", []string{"basic"}, []batchObject{{p.OID, p.Size}}, "sha256"})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url.JoinPath("objects/batch").String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", largeType)
	r.Header.Set("Content-Type", largeType)
	answer, err := f.sendLarge(ctx, s, r, largeAction{Header: s.header})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if err := answered(answer); err != nil {
		return nil, err
	}
	var out batchAnswer
	if err := json.NewDecoder(io.LimitReader(answer.Body, mostAnswer)).Decode(&out); err != nil {
		return nil, hint.With(errors.New("the server's answer is none of Git LFS"), "check the URL of the repository, and lfs.url in its .lfsconfig")
	}
	return out.of(p)
}

// answered says what a status means that is no answer to the question.
func answered(a *http.Response) error {
	switch {
	case a.Request.Method != http.MethodPost:
		return hint.With(fmt.Errorf("the server redirects to %s", clean(a.Request.URL.String())), "use the URL that the server redirects to")
	case a.StatusCode == http.StatusOK:
		return nil
	case a.StatusCode == http.StatusUnauthorized:
		return transport.ErrAuthenticationRequired
	case a.StatusCode == http.StatusForbidden:
		return transport.ErrAuthorizationFailed
	case a.StatusCode == http.StatusNotFound, a.StatusCode == http.StatusNotImplemented, a.StatusCode == http.StatusMethodNotAllowed:
		return hint.With(fmt.Errorf("the server has no Git LFS for the repository (%s)%s", a.Status, said(a)),
			"switch Git LFS on at the server, or name another one in the repository: git config --file .lfsconfig lfs.url URL; "+
				"some servers say this to those who may not see the repository")
	}
	return hint.With(fmt.Errorf("the server answers %s%s", a.Status, said(a)), "try again later, or ask the server's operator")
}

// said is what a server says about an error, in brief.
func said(a *http.Response) string {
	var e struct {
		Message string `json:"message"`
	}
	b, err := io.ReadAll(io.LimitReader(a.Body, mostAnswer))
	if err != nil || json.Unmarshal(b, &e) != nil || e.Message == "" {
		return ""
	}
	return ": " + brief(e.Message)
}

// brief is one line of a text.
func brief(text string) string {
	line := userinfo.ReplaceAllString(strings.Join(strings.Fields(text), " "), "$1")
	if runes := []rune(line); len(runes) > mostTold {
		return string(runes[:mostTold]) + "…"
	}
	return line
}

// of finds what is said about the object that was asked for.
func (b batchAnswer) of(p lfs.Pointer) (*largeAction, error) {
	const again = "push it from a clone that has it: git lfs push --object-id REMOTE "
	if cmp.Or(b.Transfer, "basic") != "basic" || cmp.Or(b.HashAlgo, "sha256") != "sha256" {
		return nil, hint.With(fmt.Errorf("the server wants to send it by %q with the hash %q, which was not asked for", brief(b.Transfer), brief(b.HashAlgo)),
			"tell the server's operator")
	}
	for _, o := range b.Objects {
		if o.OID != p.OID {
			continue
		}
		switch {
		case o.Error != nil && o.Error.Code == http.StatusNotFound:
			return nil, hint.With(fmt.Errorf("the server has no object %s: %s", p.OID, brief(o.Error.Message)), again+p.OID)
		case o.Error != nil && o.Error.Code == http.StatusGone:
			return nil, hint.With(fmt.Errorf("the object %s was removed from the server: %s", p.OID, brief(o.Error.Message)), again+p.OID)
		case o.Error != nil:
			return nil, hint.With(fmt.Errorf("the server refuses the object %s: %d %s", p.OID, o.Error.Code, brief(o.Error.Message)),
				"ask the server's operator")
		case o.Actions.Download != nil:
			o.Actions.Download.Complete = o.Authenticated
			return o.Actions.Download, nil
		}
	}
	return nil, hint.With(fmt.Errorf("the server does not say where the object %s is", p.OID), "tell the server's operator")
}

// sendLarge sends a request with the header that is for its URL, and with the login of its host where the header has none.
// Neither follows a redirect to another host.
func (f *Fetcher) sendLarge(ctx context.Context, s largeServer, r *http.Request, action largeAction) (*http.Response, error) {
	e, err := f.largeEntry(ctx, s, r.URL)
	if err != nil {
		return nil, err
	}
	r.URL.User = nil
	for name, value := range action.Header {
		r.Header.Set(name, value)
	}
	if !action.Complete && r.Header.Get("Authorization") == "" {
		Authorize(r, e.login)
	}
	client := *e.client
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		err := charts.FollowRedirect(via[0].URL, next, via)
		if err == nil && originOf(via[0].URL) != originOf(next.URL) {
			for name := range action.Header {
				next.Header.Del(name)
			}
		}
		return err
	}
	return client.Do(r)
}
