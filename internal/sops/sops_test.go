package sops_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
)

// The files in testdata were encrypted by the sops program, version 3.11.0.

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decrypter(t *testing.T) *sops.Decrypter {
	t.Helper()
	return sops.New(sops.Options{Identities: func() ([]byte, error) { return file(t, "identity.txt"), nil }})
}

// documents decodes YAML, of which JSON is a part.
func documents(t *testing.T, text []byte) []any {
	t.Helper()
	var out []any
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			return out
		}
		out = append(out, v)
	}
}

func TestFilesThatSOPSEncrypted(t *testing.T) {
	t.Parallel()
	for encrypted, plain := range map[string]string{
		"encrypted.yaml": "plain.yaml", "encrypted-several.yaml": "several.yaml", "encrypted-mac-only.yaml": "plain.yaml",
		"encrypted-for-both.yaml": "plain.yaml", "encrypted.json": "plain.json",
	} {
		t.Run(encrypted, func(t *testing.T) {
			t.Parallel()
			text := file(t, encrypted)
			if !sops.Encrypted(text) && encrypted != "encrypted-for-both.yaml" {
				t.Error("it is not recognised")
			}
			got, err := decrypter(t).Decrypt(t.Context(), encrypted, text)
			if err != nil {
				t.Fatal(err)
			}
			want := documents(t, file(t, plain))
			if d := cmp.Diff(want, documents(t, got.Text)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if strings.HasSuffix(encrypted, ".json") && !json.Valid(got.Text) {
				t.Errorf("it is no JSON:\n%s", got.Text)
			}
		})
	}
	for encrypted, plain := range map[string]string{
		"encrypted.env": "USER=ada\nPASSWORD=correct-horse\\nbattery\nEMPTY=\n", "encrypted.bin": "correct-horse\n\x00\x01 battery",
	} {
		t.Run(encrypted, func(t *testing.T) {
			t.Parallel()
			got, err := decrypter(t).Decrypt(t.Context(), encrypted, file(t, encrypted))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain, string(got.Text)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if len(got.Values) == 0 {
				t.Error("no value is said to have been encrypted")
			}
		})
	}
}

func TestTheValuesThatWereEncrypted(t *testing.T) {
	t.Parallel()
	got, err := decrypter(t).Decrypt(t.Context(), "x.yaml", file(t, "encrypted-several.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"correct-horse", "battery-staple"}, got.Values); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestFilesThatCannotBeDecrypted(t *testing.T) {
	t.Parallel()
	whole := string(file(t, "encrypted.yaml"))
	lines := strings.SplitAfter(whole, "\n")
	line := func(begins string) string {
		for _, l := range lines {
			if strings.HasPrefix(l, begins) {
				return l
			}
		}
		t.Fatalf("no line begins with %q", begins)
		return ""
	}
	cloud := "data: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops:\n  kms: [{arn: x}]\n  lastmodified: \"2026-01-01T00:00:00Z\"\n  mac: ENC[x]\n"
	for name, c := range map[string]struct {
		text, says, remedy string
		noKey              bool
	}{
		"for another key":                  {string(file(t, "encrypted-for-others.yaml")), "no key opens it", "SOPS_AGE_KEY_FILE", true},
		"a value was taken away":           {strings.Replace(whole, line("host:"), "", 1), "MAC does not fit", "sops FILE", false},
		"a plain value was changed":        {strings.Replace(whole, "note_unencrypted: open", "note_unencrypted: shut", 1), "MAC does not fit", "", false},
		"a value was moved":                {strings.Replace(strings.Replace(whole, "host: ", "HOST: ", 1), "port: ", "host: ", 1), "changed or moved", "", false},
		"a value was made plain":           {strings.Replace(whole, line("port:"), "port: 1\n", 1), "not encrypted, and ought to be", "", false},
		"for a cloud, without the program": {cloud, "AWS KMS", "install sops", true},
		"shared among groups of keys":      {strings.Replace(whole, "sops:\n", "sops:\n    shamir_threshold: 2\n", 1), "shamir", "one group", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decrypter(t).Decrypt(t.Context(), "x.yaml", []byte(c.text))
			if err == nil {
				t.Fatalf("it is decrypted:\n%s", got.Text)
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(hint.Of(err), c.remedy) || errors.Is(err, sops.ErrNoKey) != c.noKey {
				t.Errorf("got %v (%s)", err, hint.Of(err))
			}
			if strings.Contains(err.Error(), "correct-horse") || len(got.Text) > 0 {
				t.Error("it tells what was encrypted")
			}
		})
	}
}

func TestFilesThatAreNotEncrypted(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain.yaml": "a: 1\n", "talks-of-it.yaml": "text: \"sops writes ENC[AES256_GCM,data:x]\"\n", "template.yaml": "a: {{ .Values.sops }} ENC[AES256_GCM,\n",
	} {
		got, err := sops.New(sops.Options{}).Decrypt(t.Context(), name, []byte(text))
		if err != nil || string(got.Text) != text {
			t.Errorf("%s: %q, %v", name, got.Text, err)
		}
	}
}

func TestTheProgramForOtherKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, script string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cloud := []byte("data: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops:\n  kms: [{arn: x}]\n  lastmodified: \"2026-01-01T00:00:00Z\"\n  mac: ENC[x]\n")
	good := sops.New(sops.Options{Program: write("good", `test "$1 $3 $5 $CLOUD" = "decrypt yaml yaml here" && grep -q kms && echo "data: from the cloud"`), Env: []string{"CLOUD=here", "PATH=" + os.Getenv("PATH")}})
	got, err := good.Decrypt(t.Context(), "x.yaml", cloud)
	if err != nil || string(got.Text) != "data: from the cloud\n" {
		t.Fatalf("%q, %v", got.Text, err)
	}
	if d := cmp.Diff([]string{"from the cloud"}, got.Values); d != "" {
		t.Error(d)
	}
	bad := sops.New(sops.Options{Program: write("bad", "cat > /dev/null; echo expired token >&2; exit 1")})
	if _, err := bad.Decrypt(t.Context(), "x.yaml", cloud); err == nil || !strings.Contains(err.Error(), "expired token") || !strings.Contains(err.Error(), "AWS KMS") {
		t.Errorf("got %v", err)
	}
}

func TestWhereIdentitiesAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "sops", "age", "keys.txt")
	if err := os.MkdirAll(filepath.Dir(keys), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keys, []byte("from the folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup := func(env map[string]string) func(string) (string, bool) {
		return func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	}
	for want, env := range map[string]map[string]string{
		"from the folder": nil, "from the variable\nfrom the folder": {"SOPS_AGE_KEY": "from the variable"},
	} {
		got, err := sops.UserIdentities(lookup(env), dir)()
		if err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if got, err := sops.UserIdentities(lookup(nil), filepath.Join(dir, "nowhere"))(); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := sops.UserIdentities(lookup(map[string]string{"SOPS_AGE_KEY_FILE": "/nowhere/keys.txt"}), dir)(); err == nil {
		t.Error("a file that is named and is not there is no error")
	}
}

func TestIdentitiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := sops.New(sops.Options{Identities: func() ([]byte, error) { return []byte("AGE-SECRET-KEY-1-not-one\n"), nil }})
	_, err := d.Decrypt(t.Context(), "x.yaml", file(t, "encrypted.yaml"))
	if err == nil || strings.Contains(err.Error(), "SECRET-KEY-1-not") {
		t.Errorf("got %v", err)
	}
}
