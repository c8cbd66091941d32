package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestWarningsReachTheirRequest(t *testing.T) {
	t.Parallel()
	type header struct {
		code int
		text string
	}
	for name, c := range map[string]struct {
		sent []header
		want []string
	}{
		"none":                       {nil, nil},
		"they keep their order":      {[]header{{299, "b"}, {299, "a"}}, []string{"b", "a"}},
		"one sent twice counts once": {[]header{{299, "a"}, {299, "b"}, {299, "a"}}, []string{"a", "b"}},
		"other codes are not for us": {[]header{{199, "a"}, {214, "b"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mine, collected := collecting(t.Context())
			other, others := collecting(t.Context())
			for _, h := range c.sent {
				warnings{}.HandleWarningHeaderWithContext(mine, h.code, "", h.text)
			}
			warnings{}.HandleWarningHeaderWithContext(other, 299, "", "another's")
			warnings{}.HandleWarningHeaderWithContext(t.Context(), 299, "", "nobody's")
			if d := cmp.Diff(c.want, collected.list(), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("the warnings (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string{"another's"}, others.list()); d != "" {
				t.Errorf("the warnings of another request (-want +got):\n%s", d)
			}
		})
	}
}
