package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
)

// Options bound a Pool; the zero Options work.
type Options struct {
	// Command starts a worker; it defaults to this program with the argument render-worker.
	Command []string
	// Workers is how many render at once; it defaults to the number of processors.
	Workers int
	// Timeout is the longest one rendering may take, but for the time in which files are fetched for it; it defaults to 60 s.
	Timeout time.Duration
	// Memory is what a worker may allocate, in bytes; it defaults to 512 MiB. It is enforced by the worker on itself, see
	// [LimitWorker].
	Memory int64
	// Manifests is how many bytes the manifests of one source may have; it defaults to 10 MiB.
	Manifests int64
	// Web brings a file of the web, for values that name one: app.ErrNotFound where the server has none. It is called for URLs of
	// WebSchemes, in lower case, alone. Without it nothing is fetched.
	Web        func(ctx context.Context, url string) ([]byte, error)
	WebSchemes []string
	// Sops decrypts files as they are served; nil decrypts none, and finds those that would have to be.
	Sops *sops.Decrypter
	// Plugins are the operator's config management plugins, in the order in which they are tried.
	Plugins []Plugin
	// PluginCommand starts the program that becomes a plugin's command, see [ExecPlugin]; it defaults to this program with
	// the argument render-plugin.
	PluginCommand []string
}

// Pool renders in worker processes: with an empty environment, in an empty folder, killed at their limits. Its methods
// are safe for concurrent use.
type Pool struct {
	opts  Options
	slots chan struct{}
	cache *cache

	mu     sync.Mutex
	idle   []*process
	closed bool
	// renders counts the renderings that were not answered from the cache.
	renders int
}

// EnvMemory tells a worker its memory limit in bytes; it is the only variable in its environment.
const EnvMemory = "WHEELHOUSE_RENDER_MEMORY"

// NewPool returns a Pool. Workers are started when they are needed.
func NewPool(opts Options) (*Pool, error) {
	if len(opts.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		opts.Command = []string{self, "render-worker"}
	}
	if len(opts.PluginCommand) == 0 {
		opts.PluginCommand = []string{opts.Command[0], "render-plugin"}
	}
	if opts.Sops == nil {
		opts.Sops = sops.New(sops.Options{})
	}
	if opts.Workers <= 0 {
		opts.Workers = runtime.NumCPU()
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Memory <= 0 {
		opts.Memory = defaultMemory
	}
	if opts.Manifests <= 0 {
		opts.Manifests = defaultManifests
	}
	return &Pool{opts: opts, slots: make(chan struct{}, opts.Workers), cache: newCache(cacheLimit)}, nil
}

// Close ends the idle workers; a running rendering ends its own.
func (p *Pool) Close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, w := range idle {
		w.end()
	}
}

// Renders returns how many renderings were not answered from the cache.
func (p *Pool) Renders() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.renders
}

// Render renders one source. When nothing that an earlier rendering of the same request read has changed, its outcome
// serves again, a failure too.
func (p *Pool) Render(ctx context.Context, req app.RenderRequest) (app.Rendered, error) {
	req = p.withWeb(ctx, req)
	c := coverage(req.Files, req.Source, req.Paths)
	if out, ok := p.renderBefore(ctx, req, c); ok {
		return out, nil
	}
	made, h, err := p.renderOne(ctx, req)
	if err != nil {
		return app.Rendered{}, err
	}
	return covering(made.out, c, h), made.err
}

// renderOne renders the files of a request. What is remembered of it comes with it, nil for what is not remembered; an error
// says that nothing was rendered.
func (p *Pool) renderOne(ctx context.Context, req app.RenderRequest) (outcome, *held, error) {
	key, err := keyOf(req)
	if err != nil {
		return outcome{}, nil, err
	}
	if hit, h, ok := p.cache.get(key, req, time.Now()); ok {
		return hit, h, nil
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return outcome{}, nil, fmt.Errorf("wait for a render worker: %w", ctx.Err())
	}
	p.mu.Lock()
	p.renders++
	id := strconv.Itoa(p.renders)
	p.mu.Unlock()
	trace := newTrace(req)
	made := trace.tellPointers(p.make(ctx, req, trace))
	made.out.ID, made.out.Brought = id, trace.brought()
	var h *held
	if ctx.Err() == nil {
		h = p.remember(key, req, trace, made)
	}
	return made.outcome, h, nil
}

// brief is how long a failure is remembered that may have another cause than its inputs: a limit that was passed on a busy
// machine, or a plugin that found something missing.
const brief = 10 * time.Minute

// remember keeps what a rendering came to, but not a failure for want of something that may be there the next time.
func (p *Pool) remember(key string, req app.RenderRequest, t *trace, m made) *held {
	if m.err != nil && (t.unsure || m.keep == keepNot) {
		return nil
	}
	h := newHeld(req, t, m.used)
	h.outcome = m.outcome
	if m.keep == keepBriefly {
		h.until = time.Now().Add(brief)
	}
	p.cache.put(key, h)
	return h
}

// made is what a rendering came to, and what is known about it.
type made struct {
	outcome
	used used
	keep keep
}

// keep says how long an outcome holds while its inputs do.
type keep int

const (
	keepNot keep = iota
	keepBriefly
	keepAlways
)

func (k keep) String() string { return [...]string{"not at all", "briefly", "always"}[k] }

// failed is an outcome that nothing is known about.
func failed(err error, k keep) made { return made{outcome{err: err}, everything, k} }

// make makes the manifests of a request: by a plugin of the operator, or in a worker.
func (p *Pool) make(ctx context.Context, req app.RenderRequest, t *trace) made {
	run, err := p.findPlugin(ctx, req, t)
	if err != nil {
		return failed(err, keepBriefly)
	}
	if run != nil {
		return p.renderPlugin(ctx, run)
	}
	return p.run(ctx, req, t)
}

// run lets a worker render. A worker that fails in another way than by an error of the tool is not used again.
func (p *Pool) run(ctx context.Context, req app.RenderRequest, t *trace) made {
	ctx, watch, end := timed(ctx, p.opts.Timeout)
	defer end()
	w, err := p.worker()
	if err != nil {
		return failed(err, keepNot)
	}
	stop := context.AfterFunc(ctx, w.kill)
	res, err := w.render(ctx, p.opts, watch, req, t)
	if !stop() || err != nil {
		w.kill()
		w.wait()
		return failed(p.diagnose(ctx, w, err), keepBriefly)
	}
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, w)
	}
	p.mu.Unlock()
	if closed {
		w.end()
	}
	t.redactResult(res)
	out, err := res.rendered()
	return made{outcome{out, err}, res.Used, keepAlways}
}

// diagnose says why a worker gave no result.
func (p *Pool) diagnose(ctx context.Context, w *process, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return hint.With(fmt.Errorf("rendering took longer than %s and was ended", p.opts.Timeout), "look for a loop in the templates, or allow more with --render-timeout")
	case ctx.Err() != nil:
		return fmt.Errorf("render: %w", ctx.Err())
	case outOfMemory.Match(w.stderr.Bytes()):
		return hint.With(fmt.Errorf("rendering needed more than %d MiB of memory and was ended", p.opts.Memory>>20),
			"look for a template that grows without end, or allow more with --render-memory")
	}
	if last := lastWords.Find(w.stderr.Bytes()); last != nil {
		return fmt.Errorf("the render worker ended: %s", last)
	}
	if w.ended != nil && (errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE)) {
		// That a pipe broke off says less than how it ended.
		err = w.ended
	}
	return fmt.Errorf("the render worker ended: %w", err)
}

// outOfMemory finds what a Go program says when it gets no more memory, be it for a value, for what the runtime keeps about
// memory, or for a thread. The collector does not look whether it got any for the queue of what it has to mark (newSpanSPMC of
// runtime/mgcmark_greenteagc.go), and writes to address 0. It is often the first to get none: the kernel lets one large value pass
// the limit where the runtime had reserved its addresses, and refuses whatever is asked for next. lastWords finds what a program
// says first when it dies otherwise; what follows may hold anything.
var (
	outOfMemory = regexp.MustCompile(`out of memory|cannot allocate|cannot map pages|failed to reserve|failed to create new OS thread|pthread_create failed|errno=12\b` +
		`|SIGSEGV: .*\nPC=.* addr=0x0\n\ngoroutine 0 .*\nruntime\.\(\*spanQueue\)`)
	lastWords = regexp.MustCompile(`(?m)^(fatal error|runtime(/cgo)?|SIG[A-Z]+): .{0,200}`)
)

// worker returns an idle worker or starts one.
func (p *Pool) worker() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return w, nil
	}
	return start(p.opts)
}
