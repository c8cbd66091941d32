package gitsrc

import (
	"context"
	"net/url"
	"os"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// way is how the git program reaches one repository. The connection is made here, as for go-git: with the same logins, keys,
// certificates, proxies and limits, of which the program learns nothing. It gets a socket for a server of SSH, and for one of
// the web a relay on the loopback.
type way struct {
	// url is what the program fetches from, and settings are what it needs for that.
	url      string
	settings []setting
	// files are what the program inherits.
	files []*os.File
	// end ends the connection and waits for it. It returns why the program failed, as far as that is known better than by
	// what the program said; nil when it did not fail.
	end func(said error) error
}

// wayTo opens the way to a repository.
func (f *Fetcher) wayTo(ctx context.Context, raw string) (way, error) {
	in, err := f.access(ctx, raw)
	if err != nil {
		return way{}, err
	}
	switch auth := in.auth.(type) {
	case *webAuth:
		base, err := url.Parse(raw)
		if err != nil {
			return way{}, err
		}
		return newRelay(base, auth).open()
	case *sshAuth:
		l, err := f.opts.Registry.Login(ctx, raw)
		if err != nil {
			return way{}, err
		}
		return openSSH(ctx, raw, auth, dialerOf(l))
	}
	return way{url: app.ShownURL(raw), end: func(said error) error { return said }}, nil
}
