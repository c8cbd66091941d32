package e2e

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// TestAValuesFileOfTheWebIsFollowed has one behind a password and a certificate of its own, with the application's name in its URL.
func TestAValuesFileOfTheWebIsFollowed(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	var text atomic.Value
	text.Store("value: one\n")
	site := newDoor(t, true, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/values/webvalues.yaml" {
			http.NotFound(w, r)
			return
		}
		body, _ := text.Load().(string)
		_, _ = w.Write([]byte(body))
	}))
	repo := newRepository(t, w.play, "webvalues", map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: page\nversion: 1.0.0\n", "values.yaml": "value: none\n",
		"templates/page.yaml": configMap("page", "{{ .Values.value }}"),
	})
	file := site.URL + "/values/$ARGOCD_APP_NAME.yaml"
	w.create("webvalues", repo, "--values", file)
	contains(t, w.fails("app", "plan", "webvalues").err, "certificate is not trusted", "--ca-path")
	w.must(append([]string{"repo", "add", site.URL}, site.login()...)...)
	w.must("app", "sync", "webvalues")
	see := w.see()
	if got := see.get("webvalues", "page").Data["value"]; got != "one" {
		t.Errorf("the page has %q", got)
	}
	text.Store("value: two\n")
	contains(t, w.expect(1, "app", "diff", "webvalues").out, "-  value: one", "+  value: two")
	contains(t, w.fails("app", "diff", "webvalues", "--values-file-schemes", "http").err, "not fetched by https", "--values-file-schemes")
	w.must("app", "sync", "webvalues")
	if got := see.get("webvalues", "page").Data["value"]; got != "two" {
		t.Errorf("the page has %q", got)
	}
	w.must("app", "set", "webvalues", "--values", file, "--values", site.URL+"/values/gone.yaml")
	contains(t, w.fails("app", "plan", "webvalues").err, "gone.yaml", "the server has no such file", "ignoreMissingValueFiles")
	w.must("app", "set", "webvalues", "--ignore-missing-value-files")
	w.expect(0, "app", "diff", "webvalues")
}
