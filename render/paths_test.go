package render_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// based is a kustomization whose base lies in another folder.
var based = repo{
	"apps/web/kustomization.yaml": "resources: [../../base, page.yaml]\n", "apps/web/page.yaml": configMap("page", "x"), "apps/web/README.md": "x",
	"base/kustomization.yaml": "resources: [base.yaml]\n", "base/base.yaml": configMap("base", "x"), "base/deep/note.txt": "x",
	"shared/a-secret.yaml": "x", "shared/sub/b-secret.yaml": "x",
}

var (
	anotherPage = repo{"apps/web/page.yaml": configMap("page", "z")}
	anotherBase = repo{"base/base.yaml": configMap("base", "z")}
)

// moved is a request for a repository in which something has changed since it was rendered.
func moved(files, change repo, src app.Source, paths ...string) app.RenderRequest {
	req := files.with(change).request(src)
	req.Files, req.Paths = hashed{req.Files}, paths
	req.Before = &app.Checkout{Files: hashed{files.fs()}, Commit: req.Commit}
	req.Commit.ID = strings.Repeat("a", 40)
	return req
}

func TestWhatPathsCover(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	for name, c := range map[string]struct {
		paths  []string
		change repo
		// passed is what is passed over; there is nothing where the change is rendered.
		passed []string
	}{
		"the source's own folder":               {[]string{"."}, anotherPage, nil},
		"no base that lies elsewhere":           {[]string{"."}, anotherBase, []string{"base/base.yaml"}},
		"a folder beside it":                    {[]string{".", "../../base"}, anotherBase, nil},
		"a folder from the root":                {[]string{".", "/base"}, anotherBase, nil},
		"a folder with a slash behind it":       {[]string{"/base/"}, anotherBase, nil},
		"the whole repository":                  {[]string{"/"}, anotherBase, nil},
		"all below a folder":                    {[]string{"/base"}, anotherBase.with(repo{"base/deep/note.txt": "z"}), nil},
		"a file":                                {[]string{"/base/base.yaml"}, anotherBase, nil},
		"no file but the one":                   {[]string{"page.yaml"}, anotherBase, []string{"base/base.yaml"}},
		"the files that a pattern matches":      {[]string{"/base/*.yaml"}, anotherBase, nil},
		"files in folders of a pattern":         {[]string{"/b*/*.yaml"}, anotherBase, nil},
		"no file below a folder of its pattern": {[]string{"/b*"}, anotherBase, []string{"base/base.yaml"}},
		"no file of two folders for one star":   {[]string{"/*.yaml"}, anotherBase, []string{"base/base.yaml"}},
		"a file that comes":                     {[]string{"/base/*.yml"}, anotherBase.with(repo{"base/new.yml": "x"}), nil},
		"what .. leads to from the root on":     {[]string{"../../../base"}, anotherBase, nil},
	} {
		t.Run(name, func(t *testing.T) {
			req := moved(based, c.change, app.Source{Path: "apps/web"}, c.paths...)
			req.Project = name
			out, err := p.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.passed, out.Passed, cmpopts.EquateEmpty()); d != "" || out.Kept != (c.passed != nil) {
				t.Errorf("kept: %v, passed over (-want +got):\n%s", out.Kept, d)
			}
			text := values(out)
			if got, want := strings.Contains(text, "z"), c.passed == nil; got != want {
				t.Errorf("the change is rendered: %v, want %v: %s", got, want, text)
			}
		})
	}
}

// values joins what the ConfigMaps of a rendering hold.
func values(out app.Rendered) string {
	var all []string
	for _, u := range out.Objects {
		data, _ := u.Object["data"].(map[string]any)
		all = append(all, strings.TrimSpace(data["value"].(string)))
	}
	return strings.Join(all, " ")
}

func TestPathsThatMeanNothing(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	for item, want := range map[string]string{
		".":                   "",
		"../../base":          "",
		"/shared/*-secret.*":  "",
		"../base":             "the repository has no apps/base",
		"/gone":               "the repository has no gone",
		"/shared/*.json":      "no file matches it",
		"/shared/s*":          "it matches folders and no file",
		"/shared/[":           "it is no pattern that can be read",
		"../../../elsewhere":  "it leads out of the repository",
		"/../elsewhere":       "it leads out of the repository",
		"/shared/**/b-*.yaml": "",
	} {
		t.Run(item, func(t *testing.T) {
			req := based.request(app.Source{Path: "apps/web"})
			req.Files, req.Paths = hashed{req.Files}, []string{item}
			out, err := p.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.Vain[item]; got == "" != (want == "") || !strings.Contains(got, want) {
				t.Errorf("it says %q, want %q", got, want)
			}
		})
	}
}

// A chart is rendered with what was passed over when something changes in the paths, when its options do, and when nobody names
// what it was rendered from before.
func TestWhatIsPassedOverIsRenderedWithTheNextChange(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	src := app.Source{Path: "apps/web"}
	for name, c := range map[string]struct {
		change func(*app.RenderRequest)
		want   string
	}{
		"as it is":                    {func(*app.RenderRequest) {}, "x x"},
		"a change in the paths":       {moreHashed(anotherPage), "z z"},
		"nothing before":              {func(r *app.RenderRequest) { r.Before = nil }, "z x"},
		"no paths":                    {func(r *app.RenderRequest) { r.Paths = nil }, "z x"},
		"a repository without hashes": {func(r *app.RenderRequest) { r.Files = r.Files.(hashed).FS }, "z x"},
	} {
		t.Run(name, func(t *testing.T) {
			req := moved(based, anotherBase, src, ".")
			req.Project = name
			c.change(&req)
			out, err := p.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(out); got != c.want {
				t.Errorf("it renders %q, want %q", got, c.want)
			}
		})
	}
}

func moreHashed(files repo) func(*app.RenderRequest) {
	return func(r *app.RenderRequest) {
		r.Files = r.Files.(hashed).FS
		moreFiles(files)(r)
		r.Files = hashed{r.Files}
	}
}

// What was rendered before goes on being remembered: nothing is rendered for commits outside of the paths, and a commit that
// changes nothing that is read is no reason to hold on to an older one.
func TestNothingIsRenderedForWhatIsPassedOver(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	src := app.Source{Path: "apps/web"}
	first := based.request(src)
	first.Files, first.Paths = hashed{first.Files}, []string{"."}
	before, err := p.Render(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change     repo
		kept, same bool
	}{
		{anotherBase, true, true},
		{anotherBase.with(repo{"shared/a-secret.yaml": "z"}), true, true},
		{repo{"shared/a-secret.yaml": "z"}, false, true},
		{repo{"apps/web/README.md": "z"}, false, false},
	} {
		out, err := p.Render(t.Context(), moved(based, c.change, src, "."))
		if err != nil {
			t.Fatal(err)
		}
		if out.Kept != c.kept || out.ID != before.ID {
			t.Errorf("%v: kept: %v, want %v; rendering %s, want %s", slices.Sorted(maps.Keys(c.change)), out.Kept, c.kept, out.ID, before.ID)
		}
		if same := out.Read == before.Read; out.Read == "" || same != c.same {
			t.Errorf("%v: nothing new: %v, want %v", slices.Sorted(maps.Keys(c.change)), same, c.same)
		}
	}
	if got := p.Renders(); got != 1 {
		t.Errorf("%d renderings, want 1", got)
	}
	anew := moved(based, anotherBase, src, ".")
	anew.Before = nil
	out, err := p.Render(t.Context(), anew)
	if err != nil {
		t.Fatal(err)
	}
	if out.Read == before.Read || out.Kept || values(out) != "z x" {
		t.Errorf("rendered anew: %+v", out)
	}
}

// A rendering that fails as it was before is no reason to keep a repository that renders now.
func TestAFailureIsNotHeldOnTo(t *testing.T) {
	t.Parallel()
	broken := based.with(repo{"base/kustomization.yaml": "resources: [gone.yaml]\n"})
	out, err := pool(t, options()).Render(t.Context(), moved(broken, repo{"base/kustomization.yaml": based["base/kustomization.yaml"]}, app.Source{Path: "apps/web"}, "."))
	if err != nil || out.Kept {
		t.Errorf("kept: %v, error: %v", out.Kept, err)
	}
}

// unread is a repository with a folder that cannot be listed.
type unread struct{ hashed }

func (u unread) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "shared" {
		return nil, fs.ErrPermission
	}
	return fs.ReadDir(u.FS, name)
}

// What cannot be read might have changed.
func TestWhatCannotBeReadIsNotPassedOver(t *testing.T) {
	t.Parallel()
	req := moved(based, anotherBase, app.Source{Path: "apps/web"}, ".", "/shared/*.yaml")
	req.Files, req.Before.Files = unread{req.Files.(hashed)}, unread{req.Before.Files.(hashed)}
	out, err := pool(t, options()).Render(t.Context(), req)
	if err != nil || out.Kept || out.Read != "" {
		t.Errorf("kept: %v, read: %q, error: %v", out.Kept, out.Read, err)
	}
}

// counted is a repository that counts what it is asked.
type counted struct {
	hashed
	asked *int
}

func (c counted) Hash(name string) (string, bool) {
	*c.asked++
	return c.hashed.Hash(name)
}

func (c counted) Open(name string) (fs.File, error) {
	*c.asked++
	return c.hashed.Open(name)
}

// A plugin reads all of the repository, and may use the commit. It runs for what is in its paths, and while it does not, a poll
// costs the same however many files there are.
func TestAPluginRunsForItsPathsAlone(t *testing.T) {
	t.Parallel()
	files := repo{"web/a.txt": "x", "other/a.txt": "x"}
	for i := range 300 {
		files[fmt.Sprintf("other/%03d.txt", i)] = "x"
	}
	p := plugins(t, map[string]string{"one": printing("$(cat a.txt ../other/a.txt)")})
	asked := 0
	poll := func(change repo) app.Rendered {
		t.Helper()
		req := moved(files, change, withPlugin(map[string]any{"name": "one"}), ".")
		req.Files = counted{req.Files.(hashed), &asked}
		req.Before.Files = counted{req.Before.Files.(hashed), &asked}
		asked = 0
		out, err := p.Render(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	elsewhere := repo{"other/a.txt": "z"}
	for round, most := range []int{1 << 20, 30} {
		out := poll(elsewhere)
		if !out.Kept || values(out) != "xx" || !slices.Equal(out.Passed, []string{"other/a.txt"}) {
			t.Errorf("round %d: kept: %v, %q, passed over: %q", round, out.Kept, values(out), out.Passed)
		}
		if asked > most {
			t.Errorf("round %d: the repository was asked %d times, want at most %d", round, asked, most)
		}
	}
	if got := p.Renders(); got != 1 {
		t.Errorf("%d renderings, want 1", got)
	}
	if out := poll(elsewhere.with(repo{"web/a.txt": "z"})); out.Kept || values(out) != "zz" {
		t.Errorf("a change in the paths: kept: %v, %q", out.Kept, values(out))
	}
	// Nothing that it reads has changed, but the commit, which it may use.
	if out := poll(repo{"web/a.txt": "x"}); !out.Kept || len(out.Passed) > 0 {
		t.Errorf("another commit: kept: %v, passed over: %q", out.Kept, out.Passed)
	}
}
