package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestChartsAreFollowed has applications follow a range of a chart's versions, from each kind of server.
func TestChartsAreFollowed(t *testing.T) {
	t.Parallel()
	overHTTP, overTLS, oci := newHelmRepository(t, false), newHelmRepository(t, true), newOCIRegistry(t)
	for name, tt := range map[string]struct {
		server     chartServer
		door       *door
		registered string
		kind       []string
	}{
		"chart-http": {overHTTP, overHTTP.door, overHTTP.url(), []string{"--type", "helm"}},
		"chart-tls":  {overTLS, overTLS.door, overTLS.url(), []string{"--type", "helm"}},
		"chart-oci":  {oci, oci.door, oci.host() + "/shop", []string{"--type", "helm", "--enable-oci"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.server.publish(t, "1.0.0")
			tt.server.publish(t, "2.0.0")
			w := &ears{program: onOwnStore(t)}
			add := func(login ...string) {
				t.Helper()
				w.must(append(append([]string{"repo", "add", tt.registered, "--upsert"}, tt.kind...), login...)...)
			}
			w.must("app", "create", name, "--repo", tt.registered, "--helm-chart", "web", "--revision", "^1", "--helm-set", "replicas=2",
				"--dest-name", playground.Context, "--dest-namespace", name, "--sync-option", "CreateNamespace=true")
			if tt.door.ca != "" {
				contains(t, w.hear(w.fails("app", "plan", name)).err, "certificate is not trusted", "--ca-path")
				add("--ca-path", tt.door.ca)
			}
			contains(t, w.hear(w.fails("app", "plan", name)).err, "authentication is required", "wheelhouse repo add")
			add(append(tt.door.login(), "--password", "wrong")...)
			contains(t, w.hear(w.fails("repo", "test", tt.registered)).err, "the credentials were refused")
			add(tt.door.login()...)
			w.must("repo", "test", tt.registered)

			contains(t, w.must("app", "plan", name), "Deployment/"+name+"/web", "ConfigMap/"+name+"/version")
			w.must("app", "sync", name)
			w.must("app", "wait", name, "--timeout", "120s")
			contains(t, w.must("app", "get", name, "--refresh"), "Synced", "Healthy", "Version:      1.0.0 web 1.0.0")
			if a := w.get(name); a.Status.Sync.Revision != "1.0.0" || len(a.Status.History) != 1 || a.Status.History[0].Revision != "1.0.0" {
				t.Errorf("the status is %+v", a.Status)
			}
			contains(t, w.hear(w.expect(1, "app", "diff", name, "--revision", "2.x")).out, "-  value: 1.0.0", "+  value: 2.0.0")
			contains(t, w.hear(w.fails("app", "diff", name, "--revision", "^3")).err, "no version is ^3; there are 2.0.0, 1.0.0")
			w.must("app", "set", name, "--sync-policy", "automated")
			out := w.automate()
			w.follows(tt.server, name)
			contains(t, w.must("app", "history", name), "1.0.0 web 1.0.0")
			w.said.WriteString(out.String())
			w.kept()
		})
	}
}

// follows publishes versions until one is applied in time, and expects that one beyond the range is left alone.
func (e *ears) follows(server chartServer, name string) {
	e.t.Helper()
	see := e.see()
	var took time.Duration
	// A busy machine is no fault of the program: one version of three in time is enough.
	for try := range 3 {
		version := fmt.Sprintf("1.%d.0", try+1)
		server.publish(e.t, "2."+version[2:])
		server.publish(e.t, version)
		begun := time.Now()
		playtest.Eventually(e.t, playtest.Patience, version+" is applied", func() error {
			if got := see.get(name, "version").Data["value"]; got != version {
				return errors.New("it is " + got)
			}
			return nil
		})
		if took = time.Since(begun); took <= noticedWithin {
			return
		}
	}
	e.t.Errorf("a version was applied %s after it was published, want at most %s", took, noticedWithin)
}

// TestManifestsOfARegistry follows a tag of an artifact that is no chart.
func TestManifestsOfARegistry(t *testing.T) {
	t.Parallel()
	r := newOCIRegistry(t)
	w := &ears{program: onOwnStore(t)}
	push := func(value string) string {
		t.Helper()
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		archive := tar.NewWriter(z)
		text := configMap("settings", value)
		err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "prod/settings.yaml", Size: int64(len(text)), Mode: 0o644})
		_, written := archive.Write([]byte(text))
		if err := errors.Join(err, written, archive.Close(), z.Close()); err != nil {
			t.Fatal(err)
		}
		return r.push(t, "shop/manifests", "main", b.Bytes())
	}
	first := push("one")
	url := "oci://" + r.host() + "/shop/manifests"
	w.must(append([]string{"repo", "add", "oci://" + r.host(), "--type", "oci"}, r.login()...)...)
	w.must("app", "create", "artifact", "--repo", url, "--path", "prod", "--revision", "main", "--dest-name", playground.Context,
		"--dest-namespace", "artifact", "--sync-option", "CreateNamespace=true")
	w.must("app", "sync", "artifact")
	see := w.see()
	if got := see.get("artifact", "settings").Data["value"]; got != "one" {
		t.Errorf("the settings are %q", got)
	}
	if got := w.get("artifact").Status.Sync.Revision; got != first {
		t.Errorf("the revision is %s, want %s", got, first)
	}
	second := push("two")
	contains(t, w.hear(w.expect(1, "app", "diff", "artifact")).out, "-  value: one", "+  value: two")
	w.must("app", "sync", "artifact")
	contains(t, w.must("app", "history", "artifact"), first[:14], second[:14])
	w.must("app", "set", "artifact", "--revision", first)
	contains(t, w.hear(w.expect(1, "app", "diff", "artifact")).out, "-  value: two", "+  value: one")
	w.kept()
}

// push pushes an artifact of one layer, and returns the digest of its manifest.
func (r *ociRegistry) push(t *testing.T, name, tag string, layer []byte) string {
	t.Helper()
	repo, err := remote.NewRepository(r.host() + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	repo.Client = r.oras(t)
	d, err := oras.PushBytes(t.Context(), repo, ocispec.MediaTypeImageLayerGzip, layer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := oras.PackManifest(t.Context(), repo, oras.PackManifestVersion1_1, "application/vnd.example.manifests",
		oras.PackManifestOptions{Layers: []ocispec.Descriptor{d}})
	if err == nil {
		err = repo.Tag(t.Context(), m, tag)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.Digest.String()
}

// TestDependenciesOfAChartInGit has a chart in git depend on a range of a private repository's chart.
func TestDependenciesOfAChartInGit(t *testing.T) {
	t.Parallel()
	charts := newHelmRepository(t, true)
	charts.publish(t, "1.0.0")
	w := &ears{program: onOwnStore(t)}
	repo := newRepository(t, w.play, "depends", map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n- {name: web, version: 1.x, repository: \"@shop\"}\n",
		"values.yaml": "web: {replicas: 2}\n",
	})
	w.create("depends", repo)
	contains(t, w.hear(w.fails("app", "plan", "depends")).err, "chart umbrella depends on web 1.x", "no repository of charts is registered by the name shop",
		"wheelhouse repo add URL --type helm --name shop")
	w.must(append([]string{"repo", "add", charts.url(), "--type", "helm", "--name", "shop"}, charts.login()...)...)
	w.must("app", "sync", "depends")
	w.must("app", "wait", "depends", "--timeout", "120s")
	see := w.see()
	if got := see.get("depends", "version").Data["value"]; got != "1.0.0" {
		t.Errorf("the dependency is %s", got)
	}
	if err := see.asksFor("depends", "web", 2); err != nil {
		t.Error(err)
	}
	charts.publish(t, "1.1.0")
	contains(t, w.hear(w.expect(1, "app", "diff", "depends")).out, `-  value: 1.0.0`, `+  value: 1.1.0`)
	w.must("app", "sync", "depends")
	if got := see.get("depends", "version").Data["value"]; got != "1.1.0" {
		t.Errorf("after a newer version was published the dependency is %s", got)
	}
	w.kept()
}
