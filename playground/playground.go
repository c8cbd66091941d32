// Package playground is a real Kubernetes control plane on loopback, with a git server and sample applications, for
// trying wheelhouse, for its tests and for its benchmarks. No Docker and no cluster is needed: etcd, kube-apiserver,
// kube-controller-manager, kube-scheduler and kwok are upstream's programs, compiled from their modules and run as
// children. Pods are kwok's: they are scheduled and become ready without running anything.
//
// [Start] begins a playground in a folder and returns when it can be used; [Playground.Stop] ends it. What it was is
// kept in the folder, and a second Start goes on from there. Several run side by side on free ports. Package playtest
// starts one per test binary.
package playground

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/playground/components"
)

// Options say where and how a playground is started.
type Options struct {
	// Dir is the playground's folder; it is made when it is not there.
	Dir string
	// Log receives progress, one line a stage; nil drops it.
	Log io.Writer
}

// Playground is a running playground.
type Playground struct {
	dir, bin                string
	log                     io.Writer
	ports                   ports
	adminToken, viewerToken string
	nursery                 *nursery
	git                     *gitServer
	control                 io.Closer

	mu         sync.Mutex
	components map[string]*process
	stopping   bool
}

// startTimeout bounds a start once the components are compiled.
const startTimeout = 3 * time.Minute

// errRunning says that a playground already runs in the folder.
var errRunning = errors.New("a playground is already running there")

// Start begins a playground and returns when applications can be deployed. When it fails, everything that was started
// has been stopped.
func Start(ctx context.Context, o Options) (*Playground, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find folder: %w", err)
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if s, err := readState(dir); err == nil && s.alive(ctx) {
		return nil, fmt.Errorf("%w: %s (pid %d)", errRunning, dir, s.PID)
	}
	bin, err := components.Ensure(ctx, o.Log)
	if err != nil {
		return nil, err
	}
	p := &Playground{dir: dir, bin: bin, log: o.Log, components: map[string]*process{}, nursery: newNursery()}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := p.start(ctx); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// start brings everything up, in the order in which one needs the other.
func (p *Playground) start(ctx context.Context) error {
	if err := p.choosePorts(); err != nil {
		return err
	}
	if err := p.prepare(); err != nil {
		return err
	}
	stages := []struct {
		name string
		run  func(context.Context) error
	}{
		{"git server and repositories", p.startGit},
		{"etcd", p.startEtcd},
		{"API server", p.startAPI},
		{"controllers, scheduler and nodes", p.startControllers},
		{"sample applications", func(context.Context) error { return p.writeStore() }},
	}
	for _, s := range stages {
		begun := time.Now()
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
		fmt.Fprintf(p.log, "  %-34s %5.1fs\n", s.name, time.Since(begun).Seconds())
	}
	if err := p.writeEnv(); err != nil {
		return err
	}
	return p.serveControl()
}

// choosePorts takes the ports of an earlier start when they are free, for Nodes remember theirs.
func (p *Playground) choosePorts() error {
	if s, err := readState(p.dir); err == nil && s.Ports.free() {
		p.ports = s.Ports
		return nil
	}
	var err error
	p.ports, err = freePorts()
	return err
}

func (o ports) free() bool {
	for _, port := range []int{o.EtcdClient, o.EtcdPeer, o.API, o.Kubelet, o.Git, o.SSH} {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil || port == 0 {
			return false
		}
		_ = l.Close()
	}
	return true
}

func (p *Playground) startEtcd(ctx context.Context) error {
	c := p.etcd()
	if err := c.run(p.nursery); err != nil {
		return err
	}
	return waitFor(ctx, c, "etcd", p.etcdReady)
}

func (p *Playground) startAPI(ctx context.Context) error {
	c := p.apiserver()
	if err := c.run(p.nursery); err != nil {
		return err
	}
	return waitFor(ctx, c, "the API server", p.ready)
}

func (p *Playground) startControllers(ctx context.Context) error {
	if err := p.writeStages(); err != nil {
		return err
	}
	for _, c := range []*process{p.controllers(), p.scheduler(), p.kwok()} {
		if err := c.run(p.nursery); err != nil {
			return err
		}
	}
	return p.nodes(ctx)
}

// Stop ends everything. It may be called more than once.
func (p *Playground) Stop() {
	p.mu.Lock()
	if p.stopping {
		p.mu.Unlock()
		return
	}
	p.stopping = true
	all := make([]*process, 0, len(p.components))
	for _, c := range p.components {
		all = append(all, c)
	}
	p.mu.Unlock()
	if p.control != nil {
		_ = p.control.Close()
	}
	if p.git != nil {
		p.git.stop()
	}
	// The API server waits for its storage when it ends, so etcd ends last.
	var g errgroup.Group
	for _, c := range all {
		if c.name != "etcd" {
			g.Go(func() error { c.stop(3 * time.Second); return nil })
		}
	}
	_ = g.Wait()
	if i := slices.IndexFunc(all, func(c *process) bool { return c.name == "etcd" }); i >= 0 {
		all[i].stop(3 * time.Second)
	}
	if s, err := readState(p.dir); err == nil {
		s.PID = 0
		_ = s.write(p.dir)
	}
}

// Watch returns when a component ends without [Playground.Stop], with the reason, or when ctx ends.
func (p *Playground) Watch(ctx context.Context) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		p.mu.Lock()
		stopping := p.stopping
		var ended error
		for _, c := range p.components {
			ended = errors.Join(ended, c.ended())
		}
		p.mu.Unlock()
		if ended != nil && !stopping {
			return ended
		}
	}
}

// Kill ends one component at once, as a crash would: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok.
func (p *Playground) Kill(component string) error {
	c, err := p.find(component)
	if err != nil {
		return err
	}
	c.kill()
	return nil
}

// Restart starts a component that was killed, and waits until the API server answers.
func (p *Playground) Restart(ctx context.Context, component string) error {
	c, err := p.find(component)
	if err != nil {
		return err
	}
	c.kill()
	if err := c.run(p.nursery); err != nil {
		return err
	}
	return waitFor(ctx, c, "the API server", p.ready)
}

func (p *Playground) find(component string) (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.components[component]
	if !ok {
		return nil, fmt.Errorf("there is no component %q", component)
	}
	return c, nil
}

// Dir is the playground's folder.
func (p *Playground) Dir() string { return p.dir }

// Kubeconfig is the path of the kubeconfig, with the contexts playground and playground-viewer.
func (p *Playground) Kubeconfig() string { return filepath.Join(p.dir, "kubeconfig") }

// Store is the store of the sample applications, as WHEELHOUSE_STORE takes it.
func (p *Playground) Store() string { return "file:" + filepath.Join(p.dir, "store") }

// state is what a folder remembers of its playground.
type state struct {
	PID     int    `json:"pid"`
	Ports   ports  `json:"ports"`
	Control string `json:"control"`
	Token   string `json:"token"`
}

func readState(dir string) (state, error) {
	var s state
	b, err := os.ReadFile(filepath.Join(dir, "playground.json"))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("read playground.json: %w", err)
	}
	return s, nil
}

func (s state) write(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write playground.json: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "playground.json"), b, 0o600); err != nil {
		return fmt.Errorf("write playground.json: %w", err)
	}
	return nil
}
