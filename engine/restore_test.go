package engine

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestWhatIsRestored says for sources and a record which paths are restored in which repository.
func TestWhatIsRestored(t *testing.T) {
	t.Parallel()
	shop, envs := "https://git.example.com/shop", "https://git.example.com/envs"
	old, older := strings.Repeat("a", 40), strings.Repeat("b", 40)
	web := app.Source{RepoURL: shop, Path: "web", TargetRevision: "main"}
	chart := app.Source{RepoURL: "https://charts.example.com", Chart: "web", TargetRevision: "1.x", Helm: &app.HelmSource{
		ValueFiles:     []string{"$envs/prod/web.yaml", "$envs/prod/*.yaml", "$other/x.yaml", "values.yaml"},
		FileParameters: []app.HelmFileParameter{{Name: "ca", Path: "$envs/ca.pem"}},
	}}
	values := app.Source{RepoURL: envs, Ref: "envs"}
	for name, tt := range map[string]struct {
		sources, then []app.Source
		commits       []string
		want          map[string]map[string]string
		serves        [][]int
	}{
		"the path of a source": {
			sources: []app.Source{web}, then: []app.Source{web}, commits: []string{old},
			want: map[string]map[string]string{shop: {"web": old}}, serves: [][]int{{0}},
		},
		"a path that is written otherwise": {
			sources: []app.Source{{RepoURL: shop, Path: "./web/"}}, then: []app.Source{web}, commits: []string{old},
			want: map[string]map[string]string{shop: {"web": old}}, serves: [][]int{{0}},
		},
		"the whole repository": {
			sources: []app.Source{{RepoURL: shop, Path: "."}}, then: []app.Source{{RepoURL: shop}}, commits: []string{old},
			want: map[string]map[string]string{shop: {".": old}}, serves: [][]int{{0}},
		},
		"two paths of one branch are one commit": {
			sources: []app.Source{web, {RepoURL: shop, Path: "api", TargetRevision: "main"}},
			then:    []app.Source{{RepoURL: shop, Path: "api"}, web}, commits: []string{older, old},
			want: map[string]map[string]string{shop: {"web": old, "api": older}}, serves: [][]int{{0, 1}},
		},
		"files that a chart takes by $ref, but no patterns": {
			sources: []app.Source{chart, values}, then: []app.Source{chart, values}, commits: []string{"1.2.0", old},
			want: map[string]map[string]string{envs: {"prod/web.yaml": old, "ca.pem": old}}, serves: [][]int{{1}},
		},
		"a source that the record does not have stays": {
			sources: []app.Source{web, {RepoURL: envs, Path: "extra"}}, then: []app.Source{web}, commits: []string{old},
			want: map[string]map[string]string{shop: {"web": old}}, serves: [][]int{{0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := app.Record{ID: "r1", Sources: tt.then}
			for _, id := range tt.commits {
				r.Commits = append(r.Commits, app.Commit{ID: id})
			}
			restores, err := restoresOf(tt.sources, r)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]map[string]string{}
			var serves [][]int
			for _, r := range restores {
				got[r.Source.RepoURL] = r.Paths
				serves = append(serves, r.Serves)
			}
			if diff := cmp.Diff(tt.want, got) + cmp.Diff(tt.serves, serves); diff != "" {
				t.Error(diff)
			}
		})
	}
	for name, r := range map[string]app.Record{
		"a record without commits":      {ID: "r1", Sources: []app.Source{web}},
		"a record of other sources":     {ID: "r1", Sources: []app.Source{values}, Commits: []app.Commit{{ID: old}}},
		"a record of a chart's version": {ID: "r1", Sources: []app.Source{chart}, Commits: []app.Commit{{ID: "1.2.0"}}},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			if got, err := restoresOf([]app.Source{web, chart}, r); err == nil {
				t.Errorf("got %v", slices.Collect(maps.Keys(got[0].Paths)))
			}
		})
	}
}
