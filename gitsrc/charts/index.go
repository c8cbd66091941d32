package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// index is what is needed of a repository's index.yaml.
type index struct {
	// sum is the SHA-256 of the file.
	sum    string
	charts map[string][]release
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

// indexLimit bounds an index.
const indexLimit = 64 << 20

var errNoIndex = errors.New("it is no index of charts")

// parseIndex reads an index.yaml, which may be JSON.
func parseIndex(b []byte) (*index, error) {
	var text struct {
		APIVersion string               `json:"apiVersion" yaml:"apiVersion"`
		Entries    map[string][]release `json:"entries" yaml:"entries"`
	}
	// Reading JSON as such is many times quicker. A field of another type than Helm writes is left out, and does not take the
	// charts of others with it.
	err := json.Unmarshal(b, &text)
	if err != nil {
		err = yaml.Unmarshal(b, &text)
	}
	if _, other := errors.AsType[*yaml.TypeError](err); err != nil && !other || text.APIVersion == "" {
		// The parser's words repeat lines of a page that asks for a login.
		return nil, errNoIndex
	}
	i := &index{sum: sumOf(b), charts: map[string][]release{}}
	for name, releases := range text.Entries {
		i.charts[name] = slices.DeleteFunc(releases, func(r release) bool { return r.Version == "" || len(r.URLs) == 0 })
	}
	return i, nil
}

// find returns the version of a chart that a revision stands for.
func (i *index) find(a artifact, revision string) (release, error) {
	releases, ok := i.charts[a.chart]
	if !ok || len(releases) == 0 {
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
	names := make([]string, 0, len(i.charts))
	for name := range i.charts {
		names = append(names, name)
	}
	err := fmt.Errorf("chart %s of %s: %w: the repository has no chart of this name", a.chart, clean(a.repo), app.ErrNotFound)
	if close := near(a.chart, names); len(close) > 0 {
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
