package e2e

import (
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// road leads connections to the API server until it is closed: then they end, and nobody listens.
type road struct {
	listener net.Listener
	mu       sync.Mutex
	open     []net.Conn
	closed   bool
}

// overRoad returns the program with a road of its own to the API server.
func (p *program) overRoad() (*program, *road) {
	p.t.Helper()
	t := p.t
	config, err := clientcmd.LoadFromFile(p.play.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Clusters[playground.Context]
	to, err := url.Parse(c.Server)
	if err != nil {
		t.Fatal(err)
	}
	r := &road{}
	if r.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var lanes sync.WaitGroup
	lanes.Go(func() {
		for {
			from, err := r.listener.Accept()
			if err != nil {
				return
			}
			lanes.Go(func() { r.lead(from, to.Host) })
		}
	})
	t.Cleanup(func() {
		r.close()
		lanes.Wait()
	})
	c.Server = "https://" + r.listener.Addr().String()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return p.with("KUBECONFIG", path), r
}

// lead passes on what two ends say until one of them has ended.
func (r *road) lead(from net.Conn, host string) {
	to, err := net.Dial("tcp", host)
	if err != nil {
		_ = from.Close()
		return
	}
	r.mu.Lock()
	r.open = append(r.open, from, to)
	if r.closed {
		_, _ = from.Close(), to.Close()
	}
	r.mu.Unlock()
	var ways sync.WaitGroup
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		ways.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].Close()
		})
	}
	ways.Wait()
}

func (r *road) close() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, c := range r.open {
		_ = c.Close()
	}
}

// TestServerThatStaysAway cuts the road to the API server among the steps of a sync for good: the sync fails half a minute later and
// says why, and is resumed by another road.
func TestServerThatStaysAway(t *testing.T) {
	t.Parallel()
	const objects = 300
	w := onOwnStore(t)
	lined, road := w.overRoad()
	files := many(objects)
	files["hook.yaml"] = hook("before", "PreSync")
	lined.create("parted", newRepository(t, w.play, "parted", files))
	cmd, said := lined.begun("app", "sync", "parted", "--yes")
	w.eventuallyJournalled("parted", `"done"`, 10)
	cut := time.Now()
	road.close()
	err := cmd.Wait()
	if took := time.Since(cut); err == nil || took < 25*time.Second {
		t.Errorf("after %s the sync ended with %v:\n%s", took, err, said)
	}
	contains(t, said.String(), "sync of parted: Failed: interrupted: the API server stayed away for 30s: ", "connect: connection refused", "wheelhouse app resume parted")
	see := w.see()
	hook, before := see.jobUID("parted", "before"), see.written("parted", "one")
	if len(before) == 0 || len(before) == objects {
		t.Fatalf("%d of %d objects are written: it was not cut off among them", len(before), objects)
	}
	contains(t, w.must("app", "get", "parted", "--refresh"), "OutOfSync", "was interrupted")
	w.must("app", "resume", "parted", "--yes")
	see.allThere("parted", objects)
	for name, version := range see.written("parted", "one") {
		if was, there := before[name]; there && was != version {
			t.Errorf("%s was written again", name)
		}
	}
	if see.jobUID("parted", "before") != hook {
		t.Error("the hook ran again")
	}
	contains(t, w.must("app", "history", "parted"), "Succeeded")
}

// TestTerminatedInAnOutage ends a sync that waits for its server.
func TestTerminatedInAnOutage(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	lined, road := w.overRoad()
	lined.create("given-up", newRepository(t, w.play, "given-up", many(300)))
	cmd, said := lined.begun("app", "sync", "given-up", "--yes")
	w.eventuallyJournalled("given-up", `"done"`, 10)
	road.close()
	playtest.Eventually(t, playtest.Patience, "it is terminated", func() error {
		if r := lined.run("app", "terminate", "given-up", "--timeout", "20s"); r.status != 0 && !strings.Contains(r.err, "none is running") {
			return errors.New(r.err)
		}
		return nil
	})
	// One that nobody ends says after half a minute that it was interrupted.
	if cmd.Wait() == nil {
		t.Errorf("the sync succeeded:\n%s", said)
	}
	contains(t, said.String(), "terminated", "while it waited for the API server to answer: ")
}
