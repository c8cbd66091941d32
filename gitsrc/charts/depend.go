package charts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Wants says how the charts that a chart depends on are brought.
type Wants struct {
	// Named returns the URL of the repository that is registered under a name, for @name; nil knows none.
	Named func(name string) (string, error)
	// MaxAge is how old an answer about a range of versions may be.
	MaxAge time.Duration
	// PassCredentials sends credentials also to other hosts that an index names.
	PassCredentials bool
}

// Depend returns files together with the packages that the chart in a folder depends on and that are not in its charts
// folder, as `helm dependency build` brings them: by Chart.lock where there is one. They are read at the paths of
// [app.Dependency], and no folder lists them. A package that cannot be brought is an error for who reads it, for not
// everything that has a Chart.yaml is rendered by Helm.
func (s *Store) Depend(ctx context.Context, files fs.FS, folder string, w Wants) fs.FS {
	d := &dependencies{FS: files, found: map[string]found{}}
	s.gather(ctx, d, folder, w, map[string]bool{})
	if len(d.found) == 0 {
		return files
	}
	return d
}

// mostDependencies bounds what one chart depends on, with the folders of its repository that it depends on.
const mostDependencies = 100

// gather finds what a chart's folder depends on, and what the folders beside it do that it depends on.
func (s *Store) gather(ctx context.Context, d *dependencies, folder string, w Wants, seen map[string]bool) {
	if seen[folder] {
		return
	}
	seen[folder] = true
	c, err := readFolder(d.FS, folder)
	if err != nil {
		// There is no chart, or one that Helm cannot read either: the renderer says so.
		return
	}
	locked, refusal := c.locked(w.Named)
	if refusal == nil && len(d.found)+len(c.wanted) > mostDependencies {
		refusal = fmt.Errorf("a chart may depend on %d others at most, with those that the folders beside it depend on", mostDependencies)
	}
	var g errgroup.Group
	g.SetLimit(4)
	results := make([]found, len(c.wanted))
	for i, want := range c.wanted {
		if local, ok := strings.CutPrefix(want.Repository, "file://"); ok {
			if below := path.Join(folder, local); fs.ValidPath(below) {
				s.gather(ctx, d, below, w, seen)
			}
			continue
		}
		if want.Repository == "" || c.vendored(want) {
			continue
		}
		g.Go(func() error {
			results[i].err = refusal
			if refusal == nil {
				results[i] = s.bringOne(ctx, want, locked[i], w)
			}
			return nil
		})
	}
	_ = g.Wait()
	for i, r := range results {
		if want := c.wanted[i]; r.err != nil || r.sum != "" {
			if r.err != nil {
				err := fmt.Errorf("chart %s depends on %s %s: %w", c.name, want.Name, want.Version, r.err)
				r.err = hint.With(err, inChartYAML.Replace(hint.Of(r.err)))
			}
			d.found[app.Dependency(folder, want.Name, want.Version, want.Repository)] = r
		}
	}
}

// inChartYAML turns a remedy in an application into one in the chart that depends on another.
var inChartYAML = strings.NewReplacer("spec.source.chart", "Chart.yaml", "spec.source.targetRevision", "Chart.yaml", "spec.source.repoURL", "Chart.yaml")

// chartFolder is what a chart's folder says of its dependencies.
type chartFolder struct {
	name   string
	first  bool
	wanted []*chart.Dependency
	lock   *chart.Lock
	// has are the names of the charts in its charts folder, with the versions that file names tell.
	has map[string][]string
}

// readFolder reads Chart.yaml and Chart.lock, or the files that had their place before Helm 3.
func readFolder(files fs.FS, folder string) (*chartFolder, error) {
	var meta chart.Metadata
	if err := readYAML(files, path.Join(folder, "Chart.yaml"), &meta); err != nil {
		return nil, err
	}
	c := &chartFolder{name: meta.Name, first: meta.APIVersion == chart.APIVersionV1, wanted: meta.Dependencies, has: map[string][]string{}}
	names := []string{"Chart.lock"}
	if c.first {
		var old struct {
			Dependencies []*chart.Dependency `json:"dependencies"`
		}
		if err := readYAML(files, path.Join(folder, "requirements.yaml"), &old); err == nil {
			c.wanted = old.Dependencies
		}
		names = []string{"requirements.lock", "Chart.lock"}
	}
	c.wanted = slices.DeleteFunc(c.wanted, func(d *chart.Dependency) bool { return d == nil || d.Name == "" })
	for _, name := range names {
		var lock chart.Lock
		err := readYAML(files, path.Join(folder, name), &lock)
		if err == nil {
			c.lock = &lock
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return c, c.readVendored(files, path.Join(folder, "charts"))
}

// metadataLimit bounds the files that describe a chart.
const metadataLimit = 1 << 20

func readYAML(files fs.FS, name string, into any) error {
	if i, err := fs.Stat(files, name); err == nil && i.Size() > metadataLimit {
		return refused("%s is larger than %s", name, size(metadataLimit))
	}
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(b, into)
}

// readVendored notes what is in the charts folder: folders by their Chart.yaml, packages by their names.
func (c *chartFolder) readVendored(files fs.FS, folder string) error {
	entries, err := fs.ReadDir(files, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		var meta chart.Metadata
		if e.IsDir() && readYAML(files, path.Join(folder, e.Name(), "Chart.yaml"), &meta) == nil {
			c.has[meta.Name] = append(c.has[meta.Name], meta.Version)
			continue
		}
		base, packed := strings.CutSuffix(e.Name(), ".tgz")
		for at := strings.Index(base, "-"); packed && at >= 0; {
			if version := base[at+1:]; exact(version) {
				c.has[base[:at]] = append(c.has[base[:at]], version)
				break
			}
			next := strings.Index(base[at+1:], "-")
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	return nil
}

// vendored reports whether the charts folder has a dependency: by its name, as Helm looks, and where several have one name
// also by its version.
func (c *chartFolder) vendored(want *chart.Dependency) bool {
	twins := 0
	for _, d := range c.wanted {
		if d.Name == want.Name {
			twins++
		}
	}
	versions := c.has[want.Name]
	if twins < 2 {
		return len(versions) > 0
	}
	_, ok := pick(versions, want.Version)
	return ok
}

var errLock = errors.New("the lock file is out of sync with the dependencies")

// locked returns the version of each dependency by the lock file, nil without one. A lock that was made for other
// dependencies is an error, as for `helm dependency build`.
func (c *chartFolder) locked(named func(string) (string, error)) ([]string, error) {
	versions := make([]string, len(c.wanted))
	if c.lock == nil {
		return versions, nil
	}
	outdated := hint.With(fmt.Errorf("%w in Chart.yaml", errLock), "run `helm dependency update` and commit Chart.lock")
	if len(c.lock.Dependencies) != len(c.wanted) || !c.signed(named) {
		return nil, outdated
	}
	for i, d := range c.lock.Dependencies {
		if d == nil || d.Name != c.wanted[i].Name {
			return nil, outdated
		}
		versions[i] = d.Version
	}
	return versions, nil
}

// signed reports whether the lock's digest is that of the dependencies. Helm makes it of the URLs that names of
// repositories stand for where it is run, so that both are tried.
func (c *chartFolder) signed(named func(string) (string, error)) bool {
	resolved := make([]*chart.Dependency, len(c.wanted))
	for i, d := range c.wanted {
		copied := *d
		if name, ok := repositoryName(d.Repository); ok && named != nil {
			if url, err := named(name); err == nil {
				copied.Repository = url
			}
		}
		resolved[i] = &copied
	}
	for _, of := range []any{
		[2][]*chart.Dependency{resolved, c.lock.Dependencies}, [2][]*chart.Dependency{c.wanted, c.lock.Dependencies},
	} {
		if c.lock.Digest == digestOf(of) {
			return true
		}
	}
	// Helm 2 knew the dependencies alone.
	return c.first && c.lock.Digest == digestOf(map[string][]*chart.Dependency{"dependencies": c.wanted})
}

func digestOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return digestScheme + sumOf(b)
}

// repositoryName is the name that a dependency calls its repository by.
func repositoryName(repository string) (string, bool) {
	if name, ok := strings.CutPrefix(repository, "@"); ok {
		return name, true
	}
	return strings.CutPrefix(repository, "alias:")
}

// bringOne brings the package of a dependency: of the locked version, else of the highest in its range.
func (s *Store) bringOne(ctx context.Context, want *chart.Dependency, locked string, w Wants) found {
	src := app.Source{RepoURL: want.Repository, Chart: want.Name, TargetRevision: orElse(orElse(locked, want.Version), "*")}
	if w.PassCredentials {
		src.Helm = &app.HelmSource{PassCredentials: true}
	}
	if name, ok := repositoryName(want.Repository); ok {
		if w.Named == nil {
			return found{err: errors.New("no repository is registered")}
		}
		var err error
		if src.RepoURL, err = w.Named(name); err != nil {
			return found{err: err}
		}
	} else if !strings.Contains(want.Repository, "://") {
		return found{err: hint.With(fmt.Errorf("its repository %q is no URL", want.Repository),
			"write a URL, or @NAME of a repository that is registered: wheelhouse repo add URL --type helm --name NAME")}
	}
	id := src.TargetRevision
	if !exact(id) {
		c, err := s.Resolve(ctx, src, w.MaxAge)
		if err != nil {
			return found{err: err}
		}
		id = c.ID
	}
	c, err := s.Fetch(ctx, src, id)
	if err != nil {
		return found{err: err}
	}
	unpacked, ok := c.Files.(*tree)
	if !ok {
		return found{err: errors.New("it is no archive")}
	}
	sum := unpacked.archive
	return found{sum: sum, read: func() ([]byte, error) {
		if b, ok := s.disk.blob(sum); ok {
			return b, nil
		}
		return nil, hint.With(fmt.Errorf("read %s %s: it has left the cache", want.Name, id), "refresh the application; the cache folder has to be writable")
	}}
}
