package charts

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// umbrella is a git repository whose chart in apps/shop depends on others.
func umbrella(t *testing.T, wanted ...*chart.Dependency) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{"apps/shop/values.yaml": {Data: []byte("a: 1\n")}, "README.md": {Data: []byte("read me")}}
	chartAt(t, files, "apps/shop", wanted...)
	return files
}

func chartAt(t *testing.T, files fstest.MapFS, folder string, wanted ...*chart.Dependency) {
	t.Helper()
	b, err := yaml.Marshal(chart.Metadata{APIVersion: "v2", Name: "shop", Version: "1.0.0", Dependencies: wanted})
	if err != nil {
		t.Fatal(err)
	}
	files[folder+"/Chart.yaml"] = &fstest.MapFile{Data: b}
}

// lock puts a lock file beside a chart, as helm dependency update writes it.
func lock(t *testing.T, files fstest.MapFS, wanted, locked []*chart.Dependency) {
	t.Helper()
	b, err := yaml.Marshal(chart.Lock{Digest: digestOf([2][]*chart.Dependency{wanted, locked}), Dependencies: locked})
	if err != nil {
		t.Fatal(err)
	}
	files["apps/shop/Chart.lock"] = &fstest.MapFile{Data: b}
}

// brought is the version of the package of a dependency, or the error that is read in its place.
func brought(t *testing.T, files fs.FS, folder string, want *chart.Dependency) (string, error) {
	t.Helper()
	b, err := fs.ReadFile(files, app.Dependency(folder, want.Name, want.Version, want.Repository))
	if err != nil {
		return "", err
	}
	unpacked, err := chartIn(b, want.Name)
	if err != nil {
		return "", err
	}
	return versionIn(t, unpacked), nil
}

func TestDependenciesAreBrought(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0", "1.1.0", "2.0.0")
	h := newHub(t, nil)
	h.publish(t, "shop/db", "3.0.0", "3.1.0")
	named := func(name string) (string, error) {
		if name != "shop" {
			return "", errors.New("nobody knows " + name)
		}
		return r.URL + "/charts", nil
	}
	for name, tt := range map[string]struct {
		want    chart.Dependency
		version string
	}{
		"the highest in a range":    {chart.Dependency{Name: "web", Version: "1.x", Repository: r.URL + "/charts"}, "1.1.0"},
		"an exact version":          {chart.Dependency{Name: "web", Version: "1.0.0", Repository: r.URL + "/charts"}, "1.0.0"},
		"any version":               {chart.Dependency{Name: "web", Repository: r.URL + "/charts/"}, "2.0.0"},
		"of a registry":             {chart.Dependency{Name: "db", Version: "^3", Repository: "oci://" + h.host() + "/shop"}, "3.1.0"},
		"of a registered name":      {chart.Dependency{Name: "web", Version: "~1.0", Repository: "@shop"}, "1.0.0"},
		"of a name in another form": {chart.Dependency{Name: "web", Version: "~1.0", Repository: "alias:shop"}, "1.0.0"},
		"under another name":        {chart.Dependency{Name: "web", Alias: "front", Version: "1.x", Repository: r.URL + "/charts"}, "1.1.0"},
		"one that is not asked for": {chart.Dependency{Name: "web", Condition: "web.enabled", Version: "2.x", Repository: r.URL + "/charts"}, "2.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := plainStore(t).Depend(t.Context(), umbrella(t, &tt.want), "apps/shop", Wants{Named: named, MaxAge: time.Minute})
			if got, err := brought(t, files, "apps/shop", &tt.want); got != tt.version {
				t.Errorf("brought %q, %s; want %s", got, said(err), tt.version)
			}
		})
	}
}

func TestARangeThatMeansAnotherVersionLaterChangesTheHash(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	want := &chart.Dependency{Name: "web", Version: "1.x", Repository: r.URL + "/charts"}
	s := storeWith(t, Login{})
	hash := func(maxAge time.Duration) string {
		t.Helper()
		files := s.Depend(t.Context(), umbrella(t, want), "apps/shop", Wants{MaxAge: maxAge})
		h, ok := files.(interface{ Hash(string) (string, bool) }).Hash(app.Dependency("apps/shop", want.Name, want.Version, want.Repository))
		if !ok {
			t.Fatal("the package has no hash")
		}
		return h
	}
	before := hash(time.Minute)
	r.publish(t, "web", "1.1.0")
	if hash(time.Minute) != before {
		t.Error("an answer that is young enough did not serve")
	}
	if hash(0) == before {
		t.Error("the newer version was not noticed")
	}
}

// hashed is a repository that knows its hashes, as one of git does.
type hashed struct{ fs.FS }

func (hashed) Hash(name string) (string, bool) { return "git-" + name, true }

func TestTheHashOfTheRootIsThatOfEverythingThatCanBeRead(t *testing.T) {
	t.Parallel()
	root := func(packages map[string]found) string {
		h, ok := (&dependencies{FS: hashed{fstest.MapFS{}}, found: packages}).Hash(".")
		if !ok {
			t.Fatal("the root has no hash")
		}
		return h
	}
	one := root(map[string]found{"a": {sum: "1"}, "b": {sum: "2"}})
	if again := root(map[string]found{"b": {sum: "2"}, "a": {sum: "1"}}); again != one {
		t.Errorf("the same packages give %q and %q", one, again)
	}
	for name, packages := range map[string]map[string]found{
		"another version":               {"a": {sum: "1"}, "b": {sum: "3"}},
		"one that could not be fetched": {"a": {sum: "1"}, "b": {err: errors.New("2")}},
		"one less":                      {"a": {sum: "1"}},
	} {
		if root(packages) == one {
			t.Errorf("%s leaves the hash of the root as it was", name)
		}
	}
	if h, _ := (&dependencies{FS: hashed{fstest.MapFS{}}}).Hash("apps"); h != "git-apps" {
		t.Errorf("a folder has the hash %q", h)
	}
}

func TestALockWins(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0", "1.1.0")
	want := &chart.Dependency{Name: "web", Version: "1.x", Repository: r.URL + "/charts", Alias: "front"}
	locked := &chart.Dependency{Name: "web", Version: "1.0.0", Repository: r.URL + "/charts"}
	files := umbrella(t, want)
	lock(t, files, []*chart.Dependency{want}, []*chart.Dependency{locked})
	s := storeWith(t, Login{})
	if got, err := brought(t, s.Depend(t.Context(), files, "apps/shop", Wants{}), "apps/shop", want); got != "1.0.0" {
		t.Errorf("brought %q, %s", got, said(err))
	}
	for name, old := range map[string][]*chart.Dependency{
		"of another range":    {{Name: "web", Version: "1.0.x", Repository: want.Repository, Alias: "front"}},
		"of other charts":     {{Name: "db", Version: "1.x", Repository: want.Repository}},
		"of fewer than asked": {},
	} {
		lock(t, files, old, []*chart.Dependency{locked}[:min(1, len(old))])
		_, err := brought(t, s.Depend(t.Context(), files, "apps/shop", Wants{}), "apps/shop", want)
		if !errors.Is(err, errLock) || !strings.Contains(said(err), "chart shop depends on web 1.x") || !strings.Contains(said(err), "helm dependency update") {
			t.Errorf("a lock %s: %s", name, said(err))
		}
	}
}

func TestLocksOfHelmAreInSync(t *testing.T) {
	t.Parallel()
	// The digests are those that Helm wrote for charts of its own tests.
	for name, files := range map[string]fstest.MapFS{
		"Helm 3": {
			"Chart.yaml": {Data: []byte("apiVersion: v2\nname: parent-chart\nversion: v0.1.0\ndependencies:\n" +
				"  - {name: dev, repository: \"file://envs/dev\", version: \">= 0.0.1\", condition: \"dev.enabled,global.dev.enabled\", tags: [dev], import-values: [data]}\n" +
				"  - {name: prod, repository: \"file://envs/prod\", version: \">= 0.0.1\", condition: \"prod.enabled,global.prod.enabled\", tags: [prod], import-values: [data]}\n")},
			"Chart.lock": {Data: []byte("dependencies:\n- {name: dev, repository: file://envs/dev, version: v0.1.0}\n- {name: prod, repository: file://envs/prod, version: v0.1.0}\n" +
				"digest: sha256:9403fc24f6cf9d6055820126cf7633b4bd1fed3c77e4880c674059f536346182\ngenerated: \"2020-02-03T10:38:51.180474+01:00\"\n")},
		},
		"Helm 2": {
			"Chart.yaml":        {Data: []byte("apiVersion: v1\nname: issue-7233\nversion: 0.1.0\n")},
			"requirements.yaml": {Data: []byte("dependencies:\n- name: alpine\n  version: 0.1.0\n  repository: file://../alpine\n")},
			"requirements.lock": {Data: []byte("dependencies:\n- name: alpine\n  repository: file://../alpine\n  version: 0.1.0\n" +
				"digest: sha256:7b380b1a826e7be1eecb089f66209d6d3df54be4bf879d4a8e6f8a9e871710e5\ngenerated: \"2020-01-31T11:30:21.911547651Z\"\n")},
		},
	} {
		c, err := readFolder(files, ".")
		if err != nil || c.lock == nil || len(c.wanted) == 0 {
			t.Fatalf("%s: %+v, %v", name, c, err)
		}
		if _, err := c.locked(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		c.wanted[0].Version = "9"
		if _, err := c.locked(nil); err == nil {
			t.Errorf("%s: another range has the same digest", name)
		}
	}
}

func TestWhatTheChartsFolderHasIsNotBrought(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0", "2.0.0")
	r.publish(t, "web-front", "1.0.0")
	at := r.URL + "/charts"
	files := umbrella(t,
		&chart.Dependency{Name: "web", Version: "1.x", Repository: at, Alias: "one"}, &chart.Dependency{Name: "web", Version: "2.x", Repository: at, Alias: "two"},
		&chart.Dependency{Name: "db", Version: "1.x", Repository: at}, &chart.Dependency{Name: "web-front", Version: "1.x", Repository: at},
		&chart.Dependency{Name: "local", Version: "1.x"})
	files["apps/shop/charts/web-1.0.0.tgz"] = &fstest.MapFile{Data: chartArchive(t, "web", "1.0.0")}
	files["apps/shop/charts/web-front-1.0.0-rc.1.tgz"] = &fstest.MapFile{Data: chartArchive(t, "web-front", "1.0.0-rc.1")}
	files["apps/shop/charts/database/Chart.yaml"] = &fstest.MapFile{Data: []byte("name: db\nversion: 7.0.0\n")}
	got := storeWith(t, Login{}).Depend(t.Context(), files, "apps/shop", Wants{MaxAge: time.Minute})
	if v, err := brought(t, got, "apps/shop", &chart.Dependency{Name: "web", Version: "2.x", Repository: at}); v != "2.0.0" {
		t.Errorf("the second chart of one name: %q, %v", v, err)
	}
	for _, there := range []*chart.Dependency{
		{Name: "web", Version: "1.x", Repository: at},
		{Name: "db", Version: "1.x", Repository: at},
		{Name: "web-front", Version: "1.x", Repository: at},
		{Name: "local", Version: "1.x"},
	} {
		if _, err := brought(t, got, "apps/shop", there); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", there.Name, err)
		}
	}
	if asked := r.requests(); slices.Contains(asked, "/charts/web-1.0.0.tgz 200") || slices.Contains(asked, "/charts/web-front-1.0.0.tgz 200") {
		t.Errorf("requests: %v", asked)
	}
}

func TestFoldersBesideBringTheirOwnDependencies(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	want := &chart.Dependency{Name: "web", Version: "1.x", Repository: r.URL + "/charts"}
	circle := &chart.Dependency{Name: "shop", Repository: "file://../../apps/shop"}
	files := umbrella(t, &chart.Dependency{Name: "base", Version: "1.x", Repository: "file://../../base/chart"}, &chart.Dependency{Name: "out", Repository: "file://../../../out"})
	chartAt(t, files, "base/chart", want, circle)
	got := storeWith(t, Login{}).Depend(t.Context(), files, "apps/shop", Wants{MaxAge: time.Minute})
	if v, err := brought(t, got, "base/chart", want); v != "1.0.0" {
		t.Errorf("brought %q, %v", v, err)
	}
}

func TestWhatCannotBeBroughtIsAnErrorForWhoReadsIt(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	at := r.URL + "/charts"
	many := make([]*chart.Dependency, mostDependencies+1)
	for i := range many {
		many[i] = &chart.Dependency{Name: fmt.Sprint("web", i), Version: "1.x", Repository: at}
	}
	for name, tt := range map[string]struct {
		want []*chart.Dependency
		says string
	}{
		"no such chart":      {[]*chart.Dependency{{Name: "webb", Version: "1.x", Repository: at}}, "did you mean web? correct Chart.yaml"},
		"no such version":    {[]*chart.Dependency{{Name: "web", Version: "^2", Repository: at}}, "no version is ^2; there are 1.0.0"},
		"no such repository": {[]*chart.Dependency{{Name: "web", Version: "1.x", Repository: r.URL + "/absent"}}, "there is no index.yaml"},
		"an unknown name":    {[]*chart.Dependency{{Name: "web", Version: "1.x", Repository: "@absent"}}, "no repository is registered"},
		"no URL":             {[]*chart.Dependency{{Name: "web", Version: "1.x", Repository: "stable"}}, `its repository "stable" is no URL`},
		"too many":           {many, "100 others at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := umbrella(t, tt.want...)
			got := storeWith(t, Login{}).Depend(t.Context(), files, "apps/shop", Wants{MaxAge: time.Minute})
			_, err := brought(t, got, "apps/shop", tt.want[0])
			if !strings.Contains(said(err), tt.says) || !strings.Contains(said(err), "chart shop depends on "+tt.want[0].Name) {
				t.Errorf("%s; want %q", said(err), tt.says)
			}
			if b, err := fs.ReadFile(got, "README.md"); err != nil || string(b) != "read me" {
				t.Errorf("another file: %q, %v", b, err)
			}
		})
	}
}

func TestARepositoryIsSeenAsItIsBesideItsDependencies(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.publish(t, "web", "1.0.0")
	want := &chart.Dependency{Name: "web", Version: "1.x", Repository: r.URL + "/charts"}
	files := umbrella(t, want)
	name := app.Dependency("apps/shop", want.Name, want.Version, want.Repository)
	got := storeWith(t, Login{}).Depend(t.Context(), files, "apps/shop", Wants{MaxAge: time.Minute})
	if i, err := fs.Stat(got, name); err != nil || i.Size() == 0 || i.IsDir() {
		t.Errorf("stat: %v, %v", i, err)
	}
	if err := fstest.TestFS(got, "apps/shop/Chart.yaml", "README.md"); err != nil {
		t.Error(err)
	}
	// A repository cannot put its own file in the place of a package.
	files[app.Dependency("apps/shop", "other", "1", "")] = &fstest.MapFile{Data: []byte("own")}
	if _, err := fs.ReadFile(got, app.Dependency("apps/shop", "other", "1", "")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the repository's own file: %v", err)
	}
	for _, untouched := range []string{"README.md", "apps"} {
		same := storeWith(t, Login{}).Depend(t.Context(), files, untouched, Wants{})
		if _, ok := same.(fstest.MapFS); !ok {
			t.Errorf("%s, which is no chart, has other files", untouched)
		}
	}
}
