package sops

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var encryptedValue = regexp.MustCompile(`^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]$`)

// openValue decrypts one value; what is authenticated with it is the path of its keys. It returns the type that it had.
func openValue(text string, key []byte, with string) (plain, kind string, err error) {
	if text == "" {
		return "", "str", nil
	}
	m := encryptedValue.FindStringSubmatch(text)
	if m == nil {
		return "", "", errors.New("it is not encrypted, and ought to be")
	}
	var parts [3][]byte
	for i := range parts {
		if parts[i], err = base64.StdEncoding.DecodeString(m[i+1]); err != nil {
			return "", "", errors.New("the encrypted value is damaged")
		}
	}
	data, nonce, tag := parts[0], parts[1], parts[2]
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", "", err
	}
	if len(nonce) == 0 || len(nonce) > 64 {
		return "", "", errors.New("the encrypted value is damaged")
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		return "", "", err
	}
	b, err := gcm.Open(nil, nonce, append(data, tag...), []byte(with))
	if err != nil {
		return "", "", errors.New("the encrypted value was changed or moved")
	}
	return string(b), m[4], nil
}

// encrypts reports whether the value at a path of keys ought to be encrypted, and false for known when only comments in
// the file could tell.
func (m metadata) encrypts(path []string) (yes, known bool, err error) {
	yes = true
	any := func(match func(string) bool) bool {
		for _, p := range path {
			if match(p) {
				return true
			}
		}
		return false
	}
	if m.UnencryptedSuffix != "" && any(func(p string) bool { return strings.HasSuffix(p, m.UnencryptedSuffix) }) {
		yes = false
	}
	if m.EncryptedSuffix != "" {
		yes = any(func(p string) bool { return strings.HasSuffix(p, m.EncryptedSuffix) })
	}
	for _, rule := range []struct {
		pattern string
		encrypt bool
	}{{m.UnencryptedRegex, false}, {m.EncryptedRegex, true}} {
		if rule.pattern == "" {
			continue
		}
		re, err := regexp.Compile(rule.pattern)
		if err != nil {
			return false, false, fmt.Errorf("its rule of what is encrypted: %w", err)
		}
		switch matched := any(re.MatchString); {
		case rule.encrypt:
			yes = matched
		case matched:
			yes = false
		}
	}
	return yes, m.UnencryptedNote == "" && m.EncryptedNote == "", nil
}
