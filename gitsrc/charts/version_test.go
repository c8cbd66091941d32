package charts

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestARangeIsTheHighestVersionThatItAllows(t *testing.T) {
	t.Parallel()
	versions := []string{"1.2.0", "1.2.10", "1.2.9", "v1.3.0", "2.0.0-rc.1", "2.0.0+build", "3.0.0-alpha", "not-a-version"}
	for revision, want := range map[string]string{
		"":              "2.0.0+build",
		"*":             "2.0.0+build",
		"1.2.x":         "1.2.10",
		"1.2":           "1.2.10",
		"~1.2.3":        "1.2.10",
		"^1":            "v1.3.0",
		">=1.2 <1.3":    "1.2.10",
		"1.2.9":         "1.2.9",
		"1.3.0":         "v1.3.0",
		"v1.3.0":        "v1.3.0",
		"2.0.0-rc.1":    "2.0.0-rc.1",
		"2.0.0":         "2.0.0+build",
		">=2.0.0-0":     "3.0.0-alpha",
		"*-0":           "3.0.0-alpha",
		"^4":            "",
		"4.0.0":         "",
		"stable":        "",
		"not-a-version": "not-a-version",
	} {
		if got, _ := pick(versions, revision); got != want {
			t.Errorf("%q is %q, want %q", revision, got, want)
		}
	}
}

func TestErrorsOfVersionsNameThoseThatThereAre(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0", "1.1.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "0.9.0")
	r.publish(t, "web-worker", "1.0.0")
	r.publish(t, "database", "1.0.0")
	r.publish(t, "preview", "1.0.0-rc.1")
	s := storeWith(t, Login{})
	tests := map[string]struct {
		src      app.Source
		notFound bool
		says     []string
	}{
		"a version that is not there": {r.source("web", "7.0.0"), true, []string{"chart web of http://", "no version is 7.0.0", "2.0.0-rc.1, 1.10.0, 1.2.0, 1.1.0, 1.0.0 and older ones"}},
		"a range that nothing is in":  {r.source("web", "^7"), true, []string{"no version is ^7", "1.10.0"}},
		"what is no range":            {r.source("web", "stable"), false, []string{`"stable" is neither a version nor a range`, "1.10.0", "1.2.x"}},
		"versions before a release":   {r.source("preview", "*"), true, []string{"there are 1.0.0-rc.1", "only where the range names one"}},
		"a name with a slip":          {r.source("databsae", "*"), true, []string{"no chart of this name", "did you mean database?"}},
		"a part of a name":            {r.source("worker", "*"), true, []string{"did you mean web-worker?"}},
		"another name":                {r.source("prometheus", "*"), true, []string{"no chart of this name", "correct spec.source.chart"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.Resolve(t.Context(), tt.src, 1<<40)
			for _, want := range tt.says {
				if !strings.Contains(said(err), want) {
					t.Errorf("the error does not say %q: %s", want, said(err))
				}
			}
			if isNotFound(err) != tt.notFound {
				t.Errorf("app.ErrNotFound: %t, want %t", !tt.notFound, tt.notFound)
			}
		})
	}
}
