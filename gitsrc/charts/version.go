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

// near returns the names that a name may have been meant for, nearest first.
func near(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, other := range names {
		d := distance(name, other)
		if strings.Contains(other, name) || strings.Contains(name, other) {
			d = min(d, 1)
		}
		if d <= 1+len(name)/4 {
			found = append(found, candidate{other, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, c := range found[:min(len(found), 3)] {
		out = append(out, c.name)
	}
	return out
}

// distance counts the letters to change, add or remove to come from one word to another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
