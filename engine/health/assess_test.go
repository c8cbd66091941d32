package health_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

// codes are the expectations that a fixture's name may hold; "none" is a kind without health.
var codes = map[string]app.HealthCode{
	"healthy": app.Healthy, "progressing": app.Progressing, "degraded": app.Degraded, "suspended": app.Suspended,
	"unknown": app.HealthUnknown, "none": "",
}

// neverDegraded are the kinds whose rule knows no failure.
var neverDegraded = []string{
	"apps-statefulset", "apps-daemonset", "core-service", "networking.k8s.io-ingress", "extensions-ingress",
	"apiregistration.k8s.io-apiservice",
}

// healthless are the folders of kinds that have no health.
var healthless = []string{
	"argoproj.io-application", "core-configmap", "core-namespace", "core-node", "rbac.authorization.k8s.io-clusterrole",
}

// fixture reads an object and what a first line "# says: …" expects of the message.
func fixture(t *testing.T, file string) (u *unstructured.Unstructured, says string, speaks bool) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u = &unstructured.Unstructured{}
	if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(b), 4096).Decode(u); err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	says, speaks = strings.CutPrefix(first, "# says:")
	return u, strings.TrimSpace(says), speaks
}

func TestFixturesAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures were found: %v", err)
	}
	seen := map[string][]string{}
	for _, file := range files {
		folder, base := filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".yaml")
		_, rest, _ := strings.Cut(base, "-")
		expectation, _, _ := strings.Cut(rest, "-")
		seen[folder] = append(seen[folder], expectation)
		t.Run(filepath.Join(folder, base), func(t *testing.T) {
			t.Parallel()
			want, ok := codes[expectation]
			if !ok {
				t.Fatalf("the name holds no expectation: %q", expectation)
			}
			u, says, speaks := fixture(t, file)
			if kind, _, _ := strings.Cut(base, "-"); kind != strings.ToLower(u.GetKind()) {
				t.Errorf("the fixture is a %s", u.GetKind())
			}
			got := health.Assess(u)
			if got.Status != want {
				t.Errorf("got %q (%s), want %q", got.Status, got.Message, want)
			}
			if speaks && got.Message != says {
				t.Errorf("got message %q, want %q", got.Message, says)
			}
			if bad := got.Status != app.Healthy && got.Status != ""; bad && got.Message == "" && !speaks {
				t.Errorf("%s without a message", got.Status)
			}
		})
	}
	for folder, expectations := range seen {
		for _, want := range []string{"healthy", "progressing", "degraded"} {
			spared := slices.Contains(healthless, folder) || want == "degraded" && slices.Contains(neverDegraded, folder)
			if slices.Contains(expectations, want) == spared {
				t.Errorf("testdata/%s: a %s fixture is missing, or there is one that should not be", folder, want)
			}
		}
	}
}

func TestAMissingObjectIsMissing(t *testing.T) {
	t.Parallel()
	if got := health.Assess(nil); got.Status != app.Missing {
		t.Errorf("got %q", got.Status)
	}
}

func TestOnlyRulesOfKnownKindsGateAWave(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]bool{
		"testdata/apps-deployment/deployment-healthy.yaml":                         true,
		"testdata/custom-widget/widget-progressing-undecided.yaml":                 false,
		"testdata/core-configmap/configmap-none.yaml":                              false,
		"testdata/argoproj.io-workflow/workflow-progressing.yaml":                  true,
		"testdata/custom-widget/widget-none-without-status.yaml":                   false,
		"testdata/policy-poddisruptionbudget/poddisruptionbudget-progressing.yaml": true,
	} {
		u, _, _ := fixture(t, file)
		if got := health.Gates(u); got != want {
			t.Errorf("%s: gates = %v, want %v", file, got, want)
		}
	}
}
