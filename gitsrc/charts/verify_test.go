package charts

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"helm.sh/helm/v3/pkg/provenance"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// signer is a key with its public keyring in a file.
type signer struct {
	provenance.Signatory
	keyring string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	entity, err := openpgp.NewEntity("Ada", "", "ada@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(t.TempDir(), "pubring.gpg")
	file, err := os.Create(ring)
	if err != nil {
		t.Fatal(err)
	}
	if err := entity.Serialize(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return signer{provenance.Signatory{Entity: entity, KeyRing: openpgp.EntityList{entity}}, ring}
}

// sign is the provenance file of an archive.
func (s signer) sign(t *testing.T, name string, archive []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := s.ClearSign(file)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func TestASignatureIsVerifiedWhereAKeyringIsRegistered(t *testing.T) {
	t.Parallel()
	ada, mallory := newSigner(t), newSigner(t)
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	r.publish(t, "other", "1.0.0")
	r.publish(t, "moved", "1.0.0")
	r.publish(t, "unsigned", "1.0.0")
	archive := chartArchive(t, "web", "1.0.0")
	r.put("/charts/web-1.0.0.tgz.prov", ada.sign(t, "web-1.0.0.tgz", archive))
	r.put("/charts/other-1.0.0.tgz.prov", mallory.sign(t, "other-1.0.0.tgz", chartArchive(t, "other", "1.0.0")))
	r.put("/charts/moved-1.0.0.tgz.prov", ada.sign(t, "moved-1.0.0.tgz", archive))
	dir := t.TempDir()
	store := func(keyring string) *Store {
		return New(Options{CacheDir: dir, Logins: func(context.Context, string) (Login, error) { return Login{Keyring: keyring}, nil }})
	}
	for chart, want := range map[string]string{
		"web": "", "other": "signature made by unknown entity", "moved": "sum does not match", "unsigned": "it has no provenance file",
	} {
		_, err := bring(t, store(ada.keyring), r.source(chart, "*"))
		if want == "" && err != nil || !strings.Contains(said(err), want) {
			t.Errorf("%s: %s; want %q", chart, said(err), want)
		}
		if _, err := bring(t, store(""), r.source(chart, "*")); err != nil {
			t.Errorf("%s without a keyring: %s", chart, said(err))
		}
	}
	// A signed chart in the place of another, and an old version in the place of a new one.
	r.put("/charts/old/web-1.0.0.tgz", archive)
	r.put("/charts/old/web-1.0.0.tgz.prov", ada.sign(t, "web-1.0.0.tgz", archive))
	r.enter("web", release{Version: "2.0.0", Digest: sumOf(archive), URLs: []string{"old/web-1.0.0.tgz"}})
	r.enter("api", release{Version: "1.0.0", Digest: sumOf(archive), URLs: []string{"old/web-1.0.0.tgz"}})
	for _, src := range []app.Source{r.source("web", "2.0.0"), r.source("api", "1.0.0")} {
		if _, err := bring(t, store(ada.keyring), src); !strings.Contains(said(err), "what is signed is web 1.0.0") {
			t.Errorf("%s %s: %s", src.Chart, src.TargetRevision, said(err))
		}
	}
	if _, err := bring(t, store(filepath.Join(dir, "absent")), r.source("web", "*")); !strings.Contains(said(err), "cannot be read") {
		t.Errorf("a keyring that is not there: %s", said(err))
	}
	r.Close()
	if _, err := store(ada.keyring).Fetch(t.Context(), r.source("web", "*"), "1.0.0"); err != nil {
		t.Errorf("a verified chart without its server: %s", said(err))
	}
}
