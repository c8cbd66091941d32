package plan_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func TestHooksThatAreNotKnownAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		annotations []string
		want        string
	}{
		"no hook":                         {},
		"one that runs":                   {annotations: []string{"hook=PreSync"}},
		"one that is skipped":             {annotations: []string{"hook=Skip"}},
		"some of Helm's":                  {annotations: []string{"helm.sh/hook=pre-install, post-delete"}},
		"one of Helm's that never runs":   {annotations: []string{"helm.sh/hook=test"}},
		"an ordinary object":              {annotations: []string{"helm.sh/hook=crd-install"}},
		"a misspelt one":                  {[]string{"hook=PreSynk"}, "Job/web/a: there is no hook PreSynk; the object is never applied"},
		"a misspelt one beside another":   {[]string{"hook=PreSync,PostSynk"}, "Job/web/a: there is no hook PostSynk"},
		"a misspelt one beside Helm's":    {[]string{"hook=PreSynk", "helm.sh/hook=pre-install"}, "Job/web/a: there is no hook PreSynk"},
		"a misspelt one of Helm's":        {[]string{"helm.sh/hook=pre-instal"}, "Job/web/a: there is no hook pre-instal; the object is never applied"},
		"one of Helm's that is not asked": {annotations: []string{"hook=PreSync", "helm.sh/hook=pre-instal"}},
	} {
		if got := plan.DoubtfulHook(thing("Job/web/a", c.annotations...)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
