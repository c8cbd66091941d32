package clustertest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestWatchThatTheServerHasForgotten ends a watch and holds its return back, has etcd and the API server forget what happened since,
// and wants all of it heard of all the same: the server itself says that the version is too old (410), and everything is listed anew.
func TestWatchThatTheServerHasForgotten(t *testing.T) {
	t.Parallel()
	play, err := playground.Start(t.Context(), playground.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(play.Stop)
	b := benchOf(t, play, nil)
	for _, name := range []string{"stays", "changes", "goes", "anew"} {
		b.apply(b.marked(b.configMap(name, "colour=red")))
	}
	line := b.newLine()
	w := watch(t, line.cluster)
	ours := object.LiveQuery{App: b.namespace}
	b.becomes(line.cluster, ours, map[string]string{"stays": "red", "changes": "red", "goes": "red", "anew": "red"})

	// A watch that ends before it has told anything is not resumed.
	w.forget()
	b.patch("stays", `{"data":{"colour":"pink"}}`, "colleague")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "stays"), App: b.namespace})

	line.hold()
	b.remove("goes")
	b.remove("anew")
	b.patch("changes", `{"data":{"colour":"blue"}}`, "colleague")
	b.apply(b.marked(b.configMap("comes", "colour=green")))
	b.apply(b.marked(b.configMap("anew", "colour=white")))
	if err := play.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := play.Restart(t.Context(), "kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	if line.forgotten() {
		t.Error("a watch was told that it is too old before it had ended")
	}
	w.forget()
	line.mend()

	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "goes"), App: b.namespace, Deleted: true})
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "changes"), App: b.namespace})
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "comes"), App: b.namespace})
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "anew"), App: b.namespace})
	b.becomes(line.cluster, ours, map[string]string{"stays": "pink", "changes": "blue", "comes": "green", "anew": "white"})
	playtest.Eventually(t, playtest.Patience, "the server told a watch that it is too old", func() error {
		if !line.forgotten() {
			return errors.New("it did not")
		}
		return nil
	})

	t.Log("and what happens from now on")
	w.forget()
	b.patch("stays", `{"data":{"colour":"black"}}`, "colleague")
	w.hears(object.Event{Ref: b.ref("", "ConfigMap", "stays"), App: b.namespace})
	if n := line.cluster.Knowledge(); n.Err != nil || len(n.Failing) > 0 {
		t.Errorf("the cluster is known with the error %v, failing are %v", n.Err, n.Failing)
	}
}

// forgotten returns whether the server itself told a watch of ConfigMaps that it begins too early.
func (l *line) forgotten() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.forgot
}

// overhear takes note of what the server answers to watches of ConfigMaps.
func (l *line) overhear(resp *http.Response) error {
	if !watches(resp.Request) {
		return nil
	}
	if resp.StatusCode == http.StatusGone {
		l.noteForgotten()
	}
	body := resp.Body
	heard, told := io.Pipe()
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, told), closers{body, told}}
	go func() {
		defer func() { _ = heard.Close() }()
		for lines := bufio.NewReader(heard); ; {
			text, err := lines.ReadBytes('\n')
			if bytes.Contains(text, []byte(`"type":"ERROR"`)) && bytes.Contains(text, []byte(`"code":410`)) {
				l.noteForgotten()
			}
			if err != nil {
				return
			}
		}
	}()
	return nil
}

func (l *line) noteForgotten() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgot = true
}

// closers are closed together.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
