package charts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// index is a repository's index.yaml. It can be large, and applications use few of its charts: it stays on disk, with the place of
// each chart known, and a chart is read when it is asked for. The file is kept open, so that it may leave the cache meanwhile;
// it is closed when nobody knows the index any more. Its methods are safe for concurrent use.
type index struct {
	// sum is the SHA-256 of the file.
	sum    string
	file   io.ReaderAt
	length int64
	json   bool
	places map[string]span

	mu   sync.Mutex
	read map[string][]release
	// whole says that read has all charts.
	whole bool
}

// release is one version of a chart.
type release struct {
	Version     string   `json:"version" yaml:"version"`
	AppVersion  string   `json:"appVersion" yaml:"appVersion"`
	Description string   `json:"description" yaml:"description"`
	Created     string   `json:"created" yaml:"created"`
	Digest      string   `json:"digest" yaml:"digest"`
	URLs        []string `json:"urls" yaml:"urls"`
}

var errNoIndex = errors.New("it is no index of charts")

// readReleases reads the releases of charts, in YAML or JSON. A field of another type than Helm writes is left out, and does not
// take those of others with it.
func readReleases(b []byte, into any) error {
	// Reading JSON as such is many times quicker.
	err := json.Unmarshal(b, into)
	if err != nil {
		err = yaml.Unmarshal(b, into)
	}
	if _, other := errors.AsType[*yaml.TypeError](err); other {
		return nil
	}
	return err
}

// usable leaves out the releases that nobody could fetch.
func usable(releases []release) []release {
	return slices.DeleteFunc(releases, func(r release) bool { return r.Version == "" || len(r.URLs) == 0 })
}

// releases returns the versions of a chart; none when the index has no chart of this name.
func (i *index) releases(chart string) ([]release, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if known, ok := i.read[chart]; ok || i.whole {
		return known, nil
	}
	at, ok := i.places[chart]
	if !ok {
		return nil, nil
	}
	if at.length > chartLimit {
		return nil, fmt.Errorf("what the index has of chart %s is larger than %s", chart, size(chartLimit))
	}
	b := make([]byte, at.length)
	if _, err := i.file.ReadAt(b, at.offset); err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	found, ok := i.part(b, chart)
	switch {
	case !ok && i.length > wholeLimit:
		return nil, fmt.Errorf("what the index has of chart %s cannot be read by itself, and the index is larger than %s", chart, size(wholeLimit))
	case !ok:
		err := i.readWhole()
		return i.read[chart], err
	case len(i.read) >= mostRead:
		clear(i.read)
	}
	i.read[chart] = usable(found)
	return i.read[chart], nil
}

// part reads what the index has of one chart. It is false for one that does not stand by itself, such as an alias of another.
func (i *index) part(b []byte, chart string) ([]release, bool) {
	if i.json {
		var found []release
		return found, readReleases(bytes.TrimLeft(b, " \t\r\n:"), &found) == nil
	}
	var part map[string][]release
	err := readReleases(b, &part)
	found, ok := part[chart]
	return found, err == nil && ok && len(part) == 1
}

// find returns the version of a chart that a revision stands for.
func (i *index) find(a artifact, revision string) (release, error) {
	releases, err := i.releases(a.chart)
	if err != nil {
		return release{}, hint.With(fmt.Errorf("chart %s of %s: %w", a.chart, clean(a.repo), err), "have the index written by: helm repo index")
	}
	if len(releases) == 0 {
		return release{}, i.noChart(a)
	}
	versions := make([]string, len(releases))
	for n, r := range releases {
		versions[n] = r.Version
	}
	version, ok := pick(versions, revision)
	if !ok {
		return release{}, noVersion("chart "+a.chart+" of "+clean(a.repo), versions, revision)
	}
	return releases[slices.Index(versions, version)], nil
}

func (i *index) noChart(a artifact) error {
	names := slices.Collect(maps.Keys(i.places))
	err := fmt.Errorf("chart %s of %s: %w: the repository has no chart of this name", a.chart, clean(a.repo), app.ErrNotFound)
	if close := hint.Near(a.chart, names); len(close) > 0 {
		return hint.With(err, "did you mean "+strings.Join(close, " or ")+"? correct spec.source.chart")
	}
	return hint.With(err, "correct spec.source.chart, or the repository")
}

// noVersion says that no version fits a revision, and which there are.
func noVersion(what string, versions []string, revision string) error {
	if revision != "" && !exact(revision) && !isRange(revision) {
		err := fmt.Errorf("%s: %q is neither a version nor a range of versions; %s", what, revision, listed(versions))
		return hint.With(err, "correct spec.source.targetRevision: 1.2.3, 1.2.x, ^1, >=1.2 <3 or * for the newest")
	}
	err := fmt.Errorf("%s: %w: no version is %s; %s", what, app.ErrNotFound, orElse(revision, "*"), listed(versions))
	if _, only := pick(versions, orElse(revision, "*")+"-0"); only {
		return hint.With(err, "versions before a release count only where the range names one, such as >=1.0.0-0")
	}
	return hint.With(err, "correct spec.source.targetRevision")
}

// commit describes a version.
func (r release) commit(chart, revision string) app.Commit {
	c := app.Commit{Revision: revision, ID: r.Version, Message: chart + " " + r.Version}
	if r.AppVersion != "" {
		c.Message += " (app " + r.AppVersion + ")"
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(r.Description), "\n"); line != "" {
		c.Message += ": " + line
	}
	if at, err := time.Parse(time.RFC3339Nano, r.Created); err == nil {
		c.Date = at
	}
	return c
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
