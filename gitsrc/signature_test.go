package gitsrc_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// allowed is a key's line of allowed signers.
func allowed(key sshtest.Key) string {
	return "mira@example.com " + string(ssh.MarshalAuthorizedKey(key.Signer.PublicKey()))
}

// signSSH makes the work tree sign with a key as git does, by ssh-keygen.
func (r repository) signSSH(t *testing.T, key sshtest.Key, message string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	write(t, file, key.Text)
	r.git(t, "-c", "gpg.format=ssh", "-c", "user.signingkey="+file, "commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", message)
	r.git(t, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
	return r.git(t, "rev-parse", "HEAD")
}

// rewrite puts another text in the place of the newest commit and returns its id.
func (r repository) rewrite(t *testing.T, change func(string) string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "hash-object", "-t", "commit", "-w", "--stdin")
	cmd.Dir, cmd.Stdin = r.work, strings.NewReader(change(r.git(t, "cat-file", "commit", "HEAD")+"\n"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(string(out))
	r.git(t, "push", "--quiet", "--force", "origin", id+":refs/heads/main")
	return id
}

// pgpKey is a key of OpenPGP's, and its public half as text.
func pgpKey(t *testing.T) (*openpgp.Entity, string) {
	t.Helper()
	key, err := openpgp.NewEntity("Mira Holt", "", "mira@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	w, err := armor.Encode(&text, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(key.Serialize(w), w.Close()); err != nil {
		t.Fatal(err)
	}
	return key, text.String() + "\n"
}

// signPGP signs the newest commit.
func (r repository) signPGP(t *testing.T, key *openpgp.Entity) string {
	t.Helper()
	return r.rewrite(t, func(commit string) string {
		var signature bytes.Buffer
		if err := openpgp.ArmoredDetachSign(&signature, key, strings.NewReader(commit), nil); err != nil {
			t.Fatal(err)
		}
		headers, message, _ := strings.Cut(commit, "\n\n")
		return headers + "\ngpgsig " + strings.ReplaceAll(signature.String(), "\n", "\n ") + "\n\n" + message
	})
}

func TestOnlySignedCommitsAreTakenWhereKeysAreRegistered(t *testing.T) {
	t.Parallel()
	key, other := sshtest.NewKey(t), sshtest.NewKey(t)
	pgp, pgpText := pgpKey(t)
	otherPGP, otherText := pgpKey(t)
	id := func(e *openpgp.Entity) string { return "OpenPGP key " + strings.ToUpper(e.PrimaryKey.KeyIdString()) }
	for name, tt := range map[string]struct {
		keys string
		sign func(*testing.T, repository) string
		want string
	}{
		"signed with the SSH key": {allowed(key), func(t *testing.T, r repository) string { t.Helper(); return r.signSSH(t, key, "signed") }, ""},
		"signed with one of several keys": {
			otherText + allowed(other) + "# a comment\n" + pgpText + allowed(key),
			func(t *testing.T, r repository) string { t.Helper(); return r.signSSH(t, key, "signed") }, "",
		},
		"signed with the OpenPGP key": {
			allowed(other) + pgpText, func(t *testing.T, r repository) string { t.Helper(); return r.signPGP(t, pgp) }, "",
		},
		"not signed": {
			allowed(key) + pgpText, func(t *testing.T, r repository) string { t.Helper(); return r.git(t, "rev-parse", "HEAD") }, "it has none",
		},
		"signed with another SSH key": {
			allowed(key), func(t *testing.T, r repository) string { t.Helper(); return r.signSSH(t, other, "signed") },
			"SSH key " + ssh.FingerprintSHA256(other.Signer.PublicKey()) + " is not registered",
		},
		"signed with another OpenPGP key": {
			pgpText, func(t *testing.T, r repository) string { t.Helper(); return r.signPGP(t, otherPGP) }, id(otherPGP),
		},
		"an SSH key for another purpose": {
			strings.Replace(allowed(key), " ", ` namespaces="file" `, 1) + allowed(other),
			func(t *testing.T, r repository) string { t.Helper(); return r.signSSH(t, key, "signed") }, "is not registered",
		},
		"changed after it was signed with SSH": {
			allowed(key), func(t *testing.T, r repository) string {
				t.Helper()
				r.signSSH(t, key, "signed")
				return r.rewrite(t, func(c string) string { return strings.Replace(c, "\n\nsigned", "\n\nchanged", 1) })
			}, "SSH key " + ssh.FingerprintSHA256(key.Signer.PublicKey()) + ": ssh: signature did not verify",
		},
		"changed after it was signed with OpenPGP": {
			pgpText, func(t *testing.T, r repository) string {
				t.Helper()
				r.git(t, "fetch", "--quiet", "origin")
				r.git(t, "reset", "--quiet", "--hard", r.signPGP(t, pgp))
				return r.rewrite(t, func(c string) string { return strings.Replace(c, "\n\nbegin", "\n\nchanged", 1) })
			}, id(pgp),
		},
		"signed twice": {
			allowed(key), func(t *testing.T, r repository) string {
				t.Helper()
				r.signSSH(t, key, "signed")
				return r.rewrite(t, func(c string) string { return strings.Replace(c, "\ngpgsig ", "\ngpgsig nothing\ngpgsig ", 1) })
			}, "there are several",
		},
		"signed with what is neither": {
			allowed(key), func(t *testing.T, r repository) string {
				t.Helper()
				return r.rewrite(t, func(c string) string { return strings.Replace(c, "\n\n", "\ngpgsig yes\n\n", 1) })
			}, "it is neither of OpenPGP nor of SSH",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newShop(t)
			commit := tt.sign(t, r)
			registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: r.url(), SignatureKeys: tt.keys}})
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
			for range 2 {
				c, err := f.Fetch(t.Context(), source(r.url(), "main"), commit)
				if tt.want == "" {
					if err != nil {
						t.Fatal(err)
					}
					if got := readFile(t, c.Files, "values.yaml"); got != "replicas: 1\n" {
						t.Errorf("values.yaml is %q", got)
					}
					continue
				}
				if err == nil || c.Files != nil {
					t.Fatal("it was taken")
				}
				for _, part := range []string{"commit " + commit + " of " + r.url(), "its signature is not accepted", tt.want} {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("got %v, want %q", err, part)
					}
				}
				if !strings.Contains(hint.Of(err), "--signature-keys FILE") {
					t.Errorf("the remedy is %q", hint.Of(err))
				}
			}
		})
	}
}

func TestNoUnsignedCommitIsMadeWhereKeysAreRegistered(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: r.url(), SignatureKeys: allowed(sshtest.NewKey(t))}})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
	_, err := f.Commit(t.Context(), source(r.url(), "main"), change(id, "main", map[string]string{"values.yaml": "replicas: 2\n"}))
	if err == nil || !strings.Contains(err.Error(), "its commits must be signed") || hint.Of(err) != "commit and sign with git" {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
	if tip := r.remote(t, "rev-parse", "main"); tip != id {
		t.Errorf("the branch is at %s", tip)
	}
}

func TestASignatureIsAskedForWithEveryLook(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	cache, registry := t.TempDir(), login(t, app.RepositoryLogin{Repository: app.Repository{URL: r.url()}})
	f := gitsrc.New(gitsrc.Options{CacheDir: cache, Registry: registry})
	fetch(t, f, source(r.url(), "main"), id)
	if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: r.url(), SignatureKeys: allowed(sshtest.NewKey(t))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fetch(t.Context(), source(r.url(), "main"), id); err == nil {
		t.Error("what is in the store already was taken without a signature")
	}
	if _, err := os.Stat(filepath.Join(storeOf(t, cache), "HEAD")); err != nil {
		t.Errorf("the store suffered: %v", err)
	}
}
