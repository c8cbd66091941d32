package health

import (
	"cmp"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// custom.yaml is the table of custom resources. Under a group and a list of kinds it has clauses, of which the first
// whose test holds decides; see [parseTest] for the tests. Groups and kinds may hold *.
//
//go:embed custom.yaml
var customTable []byte

// clause is one line of a row: a verdict, and what it takes.
type clause struct {
	verdict app.HealthCode
	test    test
}

// row judges objects of a kind by the first clause that holds.
type row []clause

// pattern is a row of kinds that are not all known by name.
type pattern struct {
	group, kind string
	row         row
}

// customRows is the table, read once. Patterns stand in the order of their rank: the more they say the earlier.
type customRows struct {
	exact    map[schema.GroupKind]row
	patterns []pattern
}

var readRows = sync.OnceValue(func() customRows {
	rows, err := parseRows(customTable)
	if err != nil {
		panic(err)
	}
	return rows
})

func parseRows(table []byte) (customRows, error) {
	var raw map[string]map[string][]map[app.HealthCode]string
	out := customRows{exact: map[schema.GroupKind]row{}}
	if err := yaml.UnmarshalStrict(table, &raw); err != nil {
		return out, fmt.Errorf("read table of custom resources: %w", err)
	}
	for group, kinds := range raw {
		if strings.HasPrefix(group, "x-") {
			continue
		}
		for names, lines := range kinds {
			r, err := parseRow(lines)
			if err != nil {
				return out, fmt.Errorf("row %s/%s: %w", group, names, err)
			}
			for kind := range strings.SplitSeq(names, ", ") {
				out.add(group, kind, r)
			}
		}
	}
	sortPatterns(out.patterns)
	return out, nil
}

func (rows *customRows) add(group, kind string, r row) {
	if strings.Contains(group+kind, "*") {
		rows.patterns = append(rows.patterns, pattern{group, kind, r})
		return
	}
	rows.exact[schema.GroupKind{Group: group, Kind: kind}] = r
}

func parseRow(lines []map[app.HealthCode]string) (row, error) {
	var out row
	for _, line := range lines {
		for verdict, text := range line {
			if badness[verdict] == 0 || len(line) != 1 {
				return nil, fmt.Errorf("clause %v: not one verdict", line)
			}
			t, err := parseTest(text)
			if err != nil {
				return nil, fmt.Errorf("clause %q: %w", text, err)
			}
			out = append(out, clause{verdict, t})
		}
	}
	return out, nil
}

// rowOf finds the row of a kind: by its name, else by the pattern that says most.
func rowOf(gk schema.GroupKind) (row, bool) {
	rows := readRows()
	if r, ok := rows.exact[gk]; ok {
		return r, true
	}
	for _, p := range rows.patterns {
		if matched(p.group, gk.Group) && matched(p.kind, gk.Kind) {
			return p.row, true
		}
	}
	return nil, false
}

// matched reports whether a name fits a pattern with *.
func matched(pattern, name string) bool {
	ok, _ := filepath.Match(pattern, name)
	return ok
}

// assess judges by the first clause that holds; an object that none is about has no health.
func (r row) assess(u *unstructured.Unstructured) app.Health {
	for _, c := range r {
		says, ok := c.test(u)
		if !ok {
			continue
		}
		if c.verdict == app.Healthy {
			return healthy(says)
		}
		for _, field := range []string{"message", "reason"} {
			says = orElse(says, text(u, "status", field))
		}
		return app.Health{Status: c.verdict, Message: orElse(says, defaultMessages[c.verdict])}
	}
	return app.Health{}
}

// defaultMessages are said where the object itself says nothing.
var defaultMessages = map[app.HealthCode]string{
	app.Progressing: "waiting for its controller", app.Degraded: "its controller reports a failure", app.Suspended: "suspended",
	app.Missing: "its controller does not find it", app.HealthUnknown: "its controller does not know its state",
}

// sortPatterns puts the patterns that say most first.
func sortPatterns(patterns []pattern) {
	slices.SortFunc(patterns, func(a, b pattern) int {
		if n := cmp.Compare(len(b.group)+len(b.kind), len(a.group)+len(a.kind)); n != 0 {
			return n
		}
		return cmp.Compare(a.group+"/"+a.kind, b.group+"/"+b.kind)
	})
}
