package render

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Files that SOPS encrypted are opened by the parent, as it serves them: the worker has no keys and no way to a cloud.
// Plain text exists in the memory of the two and nowhere else; what the worker says about it is rid of the values before it
// becomes an error or a warning.

// open decrypts a file on its way to a worker. One that cannot be decrypted is served as it is, with the reason: many a
// chart's folder holds files for other clusters that no template reads.
func (t *trace) open(ctx context.Context, d *sops.Decrypter, q question, a answer) answer {
	if q.Op != opRead || a.Err != "" || !sops.Encrypted(a.Data) || forOperator(a.Data) {
		return a
	}
	plain, err := d.Decrypt(ctx, q.Name, a.Data)
	if err != nil {
		a.Sealed, t.unsure = err.Error(), true
		if remedy := hint.Of(err); remedy != "" {
			a.Sealed += " (" + remedy + ")"
		}
		return a
	}
	a.Data = plain.Text
	t.secrets = append(t.secrets, plain.Values...)
	return a
}

var operatorKind = regexp.MustCompile(`(?m)^kind: *SopsSecret *$`)

// forOperator reports whether a file is for an operator in the cluster that decrypts it there.
func forOperator(text []byte) bool { return operatorKind.Match(text) }

// redact takes the values that were decrypted out of a text. Short ones are taken out where they are whole words.
func (t *trace) redact(text string) string {
	values := slices.Clone(t.secrets)
	for _, v := range t.secrets {
		for line := range strings.Lines(v) {
			values = append(values, strings.TrimSpace(line))
		}
	}
	// The longest first: one value may be part of another.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	const short = 4
	for _, v := range slices.Compact(values) {
		switch {
		case strings.TrimSpace(v) == "":
		case len(v) >= short:
			text = strings.ReplaceAll(text, v, "***")
		default:
			text = regexp.MustCompile(`(^|\W)`+regexp.QuoteMeta(v)+`(\W|$)`).ReplaceAllString(text, "${1}***${2}")
		}
	}
	return text
}

// redactResult takes decrypted values out of all that a result says beside its objects.
func (t *trace) redactResult(r *result) {
	if len(t.secrets) == 0 {
		return
	}
	r.Err, r.Hint, r.Why = t.redact(r.Err), t.redact(r.Hint), t.redact(r.Why)
	for i := range r.Warnings {
		r.Warnings[i] = t.redact(r.Warnings[i])
	}
}

// checkSealed refuses objects that hold text which is still encrypted: it would be taken for the secret itself. An error is
// told what could not be decrypted, by the names that show gives.
func checkSealed(objects []*unstructured.Unstructured, sealed map[string]string, show func(string) string, err error) error {
	if len(sealed) == 0 {
		return err
	}
	var reasons []string
	for _, name := range slices.Sorted(maps.Keys(sealed)) {
		reasons = append(reasons, show(name)+": "+sealed[name])
	}
	said := strings.Join(reasons, "; ")
	if err != nil {
		return hint.With(err, strings.TrimPrefix(hint.Of(err)+"; perhaps because a file is encrypted: "+said, "; "))
	}
	for _, u := range objects {
		if u.GetKind() != "SopsSecret" && holdsEncrypted(u.Object, u.GetKind() == "Secret") {
			return hint.With(fmt.Errorf("%s holds text that is still encrypted", object.Of(u)), said)
		}
	}
	return nil
}

// holdsEncrypted looks for encrypted text, in a Secret also below its base64.
func holdsEncrypted(v any, secret bool) bool {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "ENC[AES256_GCM,") {
			return true
		}
		b, err := base64.StdEncoding.DecodeString(v)
		return secret && err == nil && strings.Contains(string(b), "ENC[AES256_GCM,")
	case map[string]any:
		for _, e := range v {
			if holdsEncrypted(e, secret) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if holdsEncrypted(e, secret) {
				return true
			}
		}
	}
	return false
}

// errSealed says that a file cannot be edited as text.
var errSealed = errors.New("the file is encrypted by SOPS: keep the edit as an override, or edit the file with `sops FILE`")
