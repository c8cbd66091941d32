package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// TestTutorial walks through the sample applications in the order of the first hour.
func TestTutorial(t *testing.T) {
	samples := onSamples(t)
	t.Run("all nine samples are OutOfSync before anything was done", func(t *testing.T) {
		w := samples.in(t)
		list := w.must("app", "list", "--refresh")
		lines := strings.Split(strings.TrimSpace(list), "\n")[1:]
		if len(lines) != 9 {
			t.Fatalf("%d applications, want 9:\n%s", len(lines), list)
		}
		for _, line := range lines {
			contains(t, line, "OutOfSync", "Missing")
		}
	})
	t.Run("a plan shows every object and writes none", func(t *testing.T) {
		w := samples.in(t)
		contains(t, w.must("app", "plan", "helm-web"), "Namespace/helm-web", "ConfigMap/helm-web/helm-web-page",
			"Service/helm-web/helm-web", "Deployment/helm-web/helm-web", "4 create")
		w.see().absent("namespace", "", "helm-web")
	})
	t.Run("a Helm chart is synced and becomes healthy", func(t *testing.T) {
		w := samples.in(t)
		w.must("app", "sync", "helm-web")
		w.must("app", "wait", "helm-web", "--health", "--timeout", "120s")
		checkTree(t, w.must("app", "resources", "helm-web", "-o", "tree"))
	})
	t.Run("a node port that is taken fails the sync with the server's own words", func(t *testing.T) {
		w := samples.in(t)
		r := w.expect(4, "app", "sync", "helm-web-2")
		contains(t, r.out+r.err, "Service/helm-web-2/helm-web-2", "provided port is already allocated")
		w.see().absent("service", "helm-web-2", "helm-web-2")
		// The objects beside it are there: one that is refused does not stop its neighbours.
		w.see().present("deployment", "helm-web-2", "helm-web-2")
	})
	t.Run("another node port lets the sync go on", func(t *testing.T) {
		w := samples.in(t)
		w.must("app", "set", "helm-web-2", "--helm-set", "service.nodePort=30030")
		w.must("app", "sync", "helm-web-2")
		w.must("app", "wait", "helm-web-2", "--timeout", "120s")
	})
	t.Run("the others", func(t *testing.T) { others(t) })
}

// checkTree wants Deployment, ReplicaSet and two Pods, each below its owner, and all of them healthy.
func checkTree(t *testing.T, tree string) {
	t.Helper()
	order := regexp.MustCompile(`(?s)\nDeployment/helm-web/helm-web .*\n {2}ReplicaSet/helm-web/helm-web-\S+ .*\n {4}Pod/.*\n {4}Pod/`)
	if !order.MatchString(tree) {
		t.Errorf("no Deployment over a ReplicaSet over two Pods:\n%s", tree)
	}
	for line := range strings.Lines(tree) {
		if regexp.MustCompile(`^ *(Deployment|ReplicaSet|Pod)/`).MatchString(line) {
			contains(t, line, "Healthy")
		}
	}
}

// others are the samples that do not touch each other.
func others(t *testing.T) {
	for _, name := range []string{"guestbook", "umbrella", "kustomize-staging", "kustomize-production"} {
		t.Run(name+" is synced and becomes healthy", func(t *testing.T) {
			t.Parallel()
			w := onSamples(t)
			contains(t, w.must("app", "sync", name, "--wait", "--timeout", "120s"), "Succeeded", name+": Synced, Healthy")
		})
	}
	t.Run("hooks and waves run in their order", func(t *testing.T) {
		t.Parallel()
		w := onSamples(t)
		inOrder(t, w.must("app", "sync", "hooks-and-waves"), "Job/hooks-and-waves/migrate", "ConfigMap/hooks-and-waves/settings",
			"Deployment/hooks-and-waves/backend", "Deployment/hooks-and-waves/frontend", "Job/hooks-and-waves/smoke-test")
		w.see().absent("job", "hooks-and-waves", "migrate")
		w.see().present("job", "hooks-and-waves", "smoke-test")
	})
	t.Run("an application whose Pods crash is never waited for beyond the timeout", func(t *testing.T) {
		t.Parallel()
		w := onSamples(t)
		applied := w.expect(5, "app", "sync", "broken", "--wait", "--timeout", "5s")
		contains(t, applied.out, "sync of broken: Succeeded")
		contains(t, applied.err, "broken", "Deployment/broken/payments")
		contains(t, w.expect(5, "app", "wait", "broken", "--timeout", "3s").err, "broken", "Deployment/broken/payments")
		w.must("app", "wait", "broken", "--degraded", "--timeout", "120s")
		contains(t, w.must("app", "resources", "broken", "-o", "tree"), "CrashLoopBackOff")
		// What the Pod says is said of the Deployment and of the application, too; explain leads there.
		contains(t, w.must("app", "get", "broken", "--refresh"), "Pod payments-", "CrashLoopBackOff")
		explained := w.must("app", "explain", "broken")
		contains(t, explained, "Deployment/broken/payments", "Pod/broken/payments-", "CrashLoopBackOff", "log", "commit")
		if strings.Contains(explained, "cannot be read") {
			t.Errorf("something was not read:\n%s", explained)
		}
	})
}

// inOrder fails the test unless the parts follow each other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%s does not come after what precedes it:\n%s", part, text)
		}
		rest = after
	}
}

// TestKustomizationAtTheRoot has a kustomization in the root of a repository.
func TestKustomizationAtTheRoot(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "root", map[string]string{
		"kustomization.yaml": "resources: [settings.yaml]\n", "settings.yaml": configMap("settings", "one"),
	})
	w.create("root", repo)
	w.must("app", "sync", "root")
}
