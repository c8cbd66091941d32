package sops

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// dataKey decrypts a file's data key by an age identity.
func (d *Decrypter) dataKey(m metadata) ([]byte, error) {
	if len(m.KeyGroups) > 1 || m.ShamirThreshold > 1 {
		return nil, hint.With(errors.New("its key is split among several groups (shamir), which is not supported"), "encrypt it with one group of keys")
	}
	wraps := m.Age
	for _, g := range m.KeyGroups {
		wraps = append(wraps, g.Age...)
	}
	identities, err := d.identities()
	if err != nil {
		return nil, err
	}
	var failures error
	for _, w := range wraps {
		if len(identities) == 0 {
			break
		}
		r, err := age.Decrypt(armor.NewReader(strings.NewReader(w.Enc)), identities...)
		if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
			continue
		}
		if err != nil {
			failures = errors.Join(failures, fmt.Errorf("age recipient %s: %w", w.Recipient, err))
			continue
		}
		key, err := io.ReadAll(io.LimitReader(r, 64))
		if err == nil && len(key) != 32 {
			err = errors.New("the data key has not 32 bytes")
		}
		if err == nil {
			return key, nil
		}
		failures = errors.Join(failures, fmt.Errorf("age recipient %s: %w", w.Recipient, err))
	}
	return nil, m.noKey(failures)
}

func (d *Decrypter) identities() ([]age.Identity, error) {
	if d.opts.Identities == nil {
		return nil, nil
	}
	text, err := d.opts.Identities()
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return nil, err
	}
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		// age's own error may repeat the line.
		return nil, hint.With(errors.New("the file of age identities cannot be read"), "it has one AGE-SECRET-KEY-1… a line; SOPS_AGE_KEY_FILE names it")
	}
	return ids, nil
}

// UserIdentities reads the age identities of the user where the sops program would: SOPS_AGE_KEY, then the file that
// SOPS_AGE_KEY_FILE names, then sops/age/keys.txt below the configuration folder. A file that is not there has none.
func UserIdentities(lookup func(string) (string, bool), configDir string) func() ([]byte, error) {
	return func() ([]byte, error) {
		var out []byte
		if key, ok := lookup("SOPS_AGE_KEY"); ok {
			out = append(out, key+"\n"...)
		}
		file, named := lookup("SOPS_AGE_KEY_FILE")
		if !named {
			file = filepath.Join(configDir, "sops", "age", "keys.txt")
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) && !named {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read age identities: %w", err)
		}
		return append(out, text...), nil
	}
}
