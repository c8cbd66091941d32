package gitsrc

import (
	"errors"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestExplain has the failures that no server on this machine can cause.
func TestExplain(t *testing.T) {
	t.Parallel()
	const url, where = "https://mira:s3cr3t@git.example.com/shop.git", "fetch of https://git.example.com/shop.git: "
	for name, tt := range map[string]struct {
		err          error
		want, remedy string
	}{
		"a host that nobody knows": {
			fmt.Errorf("dial: %w", &net.DNSError{Err: "no such host", Name: "git.example.com"}),
			where + "the host git.example.com is not known", "check the URL and the name service",
		},
		"a server that does not answer": {
			fmt.Errorf("read: %w", os.ErrDeadlineExceeded), where + "no answer in time", "check that the server is reachable from here",
		},
		"a way to log in that the server has not": {
			fmt.Errorf("log in: %w", transport.ErrInvalidAuthMethod), where + "the credentials were refused",
			"register others: wheelhouse repo add https://git.example.com/shop.git --upsert --username NAME --password -",
		},
		"an error of somebody else is kept": {errors.New("disk full"), where + "disk full", ""},
		"credentials are cut out of the text of others": {
			errors.New(`Get "https://mira:s3cr3t@git.example.com/shop.git": moved to http://mira:s3cr3t@other.example.com/`),
			where + `Get "https://git.example.com/shop.git": moved to http://other.example.com/`, "",
		},
		"an error that has its remedy stays as it is": {
			hint.With(errors.New("no key is registered"), "register one"), "no key is registered", "register one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain("fetch", url, tt.err)
			if got.Error() != tt.want || hint.Of(got) != tt.remedy {
				t.Errorf("got %q (%s), want %q (%s)", got, hint.Of(got), tt.want, tt.remedy)
			}
		})
	}
}
