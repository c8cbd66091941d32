package logintest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
)

func login(url, password string) app.RepositoryLogin {
	return app.RepositoryLogin{Repository: app.Repository{URL: url, Username: "mira"}, Password: app.NewSecret(password)}
}

// listed returns the list by URL and without where the entries are, which must be said. It must hold no secret.
func listed(t *testing.T, r *gitsrc.Registry) []app.Repository {
	t.Helper()
	out, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", out, out, out); strings.Contains(text, canary) {
		t.Errorf("the list holds a secret: %s", text)
	}
	slices.SortFunc(out, func(a, b app.Repository) int { return strings.Compare(a.URL, b.URL) })
	for i := range out {
		if out[i].From == "" {
			t.Errorf("%s is from nowhere", out[i].URL)
		}
		out[i].From = ""
	}
	return out
}

// certificate returns a certificate and its key as PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mira"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	pemOf := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return pemOf("CERTIFICATE", der), pemOf("PRIVATE KEY", text)
}

// signer returns a line of SSH's allowed signers.
func signer(t *testing.T) string {
	t.Helper()
	return "mira@example.com " + string(ssh.MarshalAuthorizedKey(sshtest.NewKey(t).Signer.PublicKey()))
}
