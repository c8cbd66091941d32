package playground

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one component: a child that ends with this process, whatever ends it.
type process struct {
	name string
	path string
	args []string
	log  string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// nursery starts children from one thread that lives as long as the process: a child that asks the kernel to die with
// its parent dies with the thread that started it.
type nursery struct {
	starts chan func()
}

func newNursery() *nursery {
	n := &nursery{starts: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range n.starts {
			f()
		}
	}()
	return n
}

func (n *nursery) start(cmd *exec.Cmd) error {
	result := make(chan error)
	n.starts <- func() { result <- cmd.Start() }
	return <-result
}

// run starts the component; its output goes to its log file.
func (p *process) run(n *nursery) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	if err := n.start(cmd); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", p.name, err), log.Close())
	}
	done := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.done, p.err = cmd, done, nil
	p.mu.Unlock()
	go func() {
		err := cmd.Wait()
		_ = log.Close()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// ended reports whether the component has ended, with the end of its log.
func (p *process) ended() error {
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done == nil {
		return fmt.Errorf("%s was not started", p.name)
	}
	select {
	case <-done:
		return fmt.Errorf("%s has ended: %w\n%s", p.name, errors.Join(p.err, errEnded), p.tail())
	default:
		return nil
	}
}

var errEnded = errors.New("it should be running")

// tail returns the last lines of the component's log.
func (p *process) tail() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) > 8 {
		lines = lines[len(lines)-8:]
	}
	return "  the end of " + p.log + ":\n  " + strings.Join(lines, "\n  ")
}

// stop asks the component to end, and ends it when it does not.
func (p *process) stop(patience time.Duration) {
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
		return
	case <-time.After(patience):
	}
	_ = cmd.Process.Kill()
	<-done
}

// kill ends the component at once.
func (p *process) kill() {
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		<-done
	}
}

// waitFor polls until ready says so, the component ends, or ctx does.
func waitFor(ctx context.Context, p *process, what string, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		if p != nil {
			if err := p.ended(); err != nil {
				return err
			}
		}
		if last = ready(ctx); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			err := fmt.Errorf("wait for %s: %w: %w", what, ctx.Err(), last)
			if p != nil {
				err = fmt.Errorf("%w\n%s", err, p.tail())
			}
			return err
		case <-tick.C:
		}
	}
}

func logFile(dir, name string) string { return filepath.Join(dir, "logs", name+".log") }
