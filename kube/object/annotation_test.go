package object_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		annotations map[string]string
		want        int
	}{
		"without annotations it is 0":       {nil, 0},
		"it is the sync wave":               {map[string]string{object.AnnotationWave: "3"}, 3},
		"it may be negative":                {map[string]string{object.AnnotationWave: "-5"}, -5},
		"spaces do not count":               {map[string]string{object.AnnotationWave: " 2 "}, 2},
		"it is else the hook's weight":      {map[string]string{object.AnnotationHelmWeight: "7"}, 7},
		"the wave goes before the weight":   {map[string]string{object.AnnotationWave: "1", object.AnnotationHelmWeight: "7"}, 1},
		"a wave of 0 is one":                {map[string]string{object.AnnotationWave: "0", object.AnnotationHelmWeight: "7"}, 0},
		"what is no number counts as none":  {map[string]string{object.AnnotationWave: "first"}, 0},
		"an empty one counts as none":       {map[string]string{object.AnnotationWave: "", object.AnnotationHelmWeight: "7"}, 7},
		"a fraction counts as none":         {map[string]string{object.AnnotationWave: "1.5", object.AnnotationHelmWeight: "-2"}, -2},
		"other annotations change nothing":  {map[string]string{object.AnnotationHook: "PreSync"}, 0},
		"a weight that is no number is 0":   {map[string]string{object.AnnotationHelmWeight: "heavy"}, 0},
		"what does not fit counts as none":  {map[string]string{object.AnnotationWave: "99999999999999999999"}, 0},
		"an explicit plus sign is accepted": {map[string]string{object.AnnotationWave: "+4"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := object.Wave(made("v1", "ConfigMap", "web", "settings", c.annotations)); got != c.want {
				t.Errorf("the wave is %d, want %d", got, c.want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"none":                       {"", nil},
		"one":                        {"Prune=false", []string{"Prune=false"}},
		"several keep their order":   {"Replace=true,Prune=false", []string{"Replace=true", "Prune=false"}},
		"spaces around do not count": {" Prune=false , Replace=true ", []string{"Prune=false", "Replace=true"}},
		"empty entries do not count": {",Prune=false,, ,", []string{"Prune=false"}},
		"an entry given twice stays": {"Prune=false,Prune=false", []string{"Prune=false", "Prune=false"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := made("v1", "ConfigMap", "web", "settings", map[string]string{object.AnnotationSyncOptions: c.text})
			if d := cmp.Diff(c.want, object.Options(u, object.AnnotationSyncOptions), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("the options (-want +got):\n%s", d)
			}
			for _, o := range c.want {
				if !object.HasOption(u, object.AnnotationSyncOptions, o) {
					t.Errorf("%s is not found", o)
				}
				if object.HasOption(u, object.AnnotationCompare, o) {
					t.Errorf("%s is found in another annotation", o)
				}
			}
		})
	}
	t.Run("an option is found whole or not", func(t *testing.T) {
		t.Parallel()
		u := made("v1", "ConfigMap", "web", "settings", map[string]string{object.AnnotationSyncOptions: "Prune=false,Replace=true"})
		for _, o := range []string{"Prune", "Prune=true", "prune=false", "Prune=false,Replace=true", ""} {
			if object.HasOption(u, object.AnnotationSyncOptions, o) {
				t.Errorf("%q is found", o)
			}
		}
	})
}
