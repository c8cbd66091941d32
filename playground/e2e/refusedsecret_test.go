package e2e

import (
	"strings"
	"testing"
)

// TestARefusedSecretIsNotQuoted has the server refuse Secrets for values of the wrong form.
func TestARefusedSecretIsNotQuoted(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	const canary = "90210731"
	for name, c := range map[string]struct{ body, says string }{
		"refused-number":  {"data: {pin: 90210731}", ".data.pin: expected string"},
		"refused-plain":   {"stringData: {pin: 90210731}", ".data.pin: expected string"},
		"refused-list":    {"data: {pin: ['90210731']}", ".data.pin: expected string"},
		"refused-whole":   {"data: '90210731'", ".data: expected map"},
		"refused-base64":  {"data: {pin: '90210731!'}", "illegal base64 data at input byte 8"},
		"refused-content": {"type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: 'x90210731'}", "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.create(name, newRepository(t, w.play, name, map[string]string{
				"token.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\n" + c.body + "\n",
			}))
			r := w.expect(4, "app", "sync", name, "--yes")
			all := r.out + r.err
			for _, args := range [][]string{
				{"app", "plan", name}, {"app", "get", name, "-o", "yaml"}, {"app", "history", name, "-o", "yaml"}, {"app", "explain", name},
			} {
				all += w.must(args...)
			}
			contains(t, all, c.says)
			if i := strings.Index(all, canary); i >= 0 {
				t.Errorf("its value is in …%s…", all[max(0, i-200):i+len(canary)])
			}
		})
	}
}
