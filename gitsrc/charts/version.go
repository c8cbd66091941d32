package charts

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// exact reports whether a revision is one whole version, and not a range.
func exact(revision string) bool {
	_, err := semver.StrictNewVersion(strings.TrimPrefix(revision, "v"))
	return err == nil
}

// pick returns the version that a revision stands for: the version of that name, else the highest that a range allows.
// An empty revision is the highest. Versions before a release count only where the range names one, as in Helm.
func pick(versions []string, revision string) (string, bool) {
	if revision != "" && slices.Contains(versions, revision) {
		return revision, true
	}
	if revision == "" {
		revision = "*"
	}
	allowed, err := semver.NewConstraint(revision)
	if err != nil {
		return "", false
	}
	best, found := "", (*semver.Version)(nil)
	for _, text := range versions {
		v, err := semver.NewVersion(text)
		if err == nil && allowed.Check(v) && (found == nil || v.GreaterThan(found)) {
			best, found = text, v
		}
	}
	return best, found != nil
}

// isRange reports whether a revision is a range of versions, or could be one.
func isRange(revision string) bool {
	_, err := semver.NewConstraint(revision)
	return err == nil && !exact(revision)
}

// newest returns up to n of the versions, highest first; what is no version comes last.
func newest(versions []string, n int) []string {
	sorted := slices.Clone(versions)
	slices.SortStableFunc(sorted, func(a, b string) int {
		va, errA := semver.NewVersion(a)
		vb, errB := semver.NewVersion(b)
		switch {
		case errA != nil && errB != nil:
			return strings.Compare(a, b)
		case errA != nil:
			return 1
		case errB != nil:
			return -1
		}
		return vb.Compare(va)
	})
	return sorted[:min(n, len(sorted))]
}

// listed writes the newest versions for an error.
func listed(versions []string) string {
	const some = 5
	if len(versions) == 0 {
		return "there is none"
	}
	text := "there are " + strings.Join(newest(versions, some), ", ")
	if len(versions) > some {
		text += " and older ones"
	}
	return text
}
