package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
)

// process is one worker.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	pipe   *pipe
	stderr *tail
	dir    string
	once   sync.Once
	// ended is how the process ended, once it was waited for; nil when it ended by itself and well.
	ended error
}

func start(opts Options) (*process, error) {
	dir, err := os.MkdirTemp("", "wheelhouse-render-*")
	if err != nil {
		return nil, fmt.Errorf("start render worker: %w", err)
	}
	cmd := exec.Command(opts.Command[0], opts.Command[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{fmt.Sprintf("%s=%d", EnvMemory, opts.Memory)}
	w := &process{cmd: cmd, stderr: &tail{}, dir: dir}
	cmd.Stderr = w.stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start render worker: %w", err), os.RemoveAll(dir))
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start render worker: %w", err), os.RemoveAll(dir))
	}
	die(cmd)
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start render worker: %w", err), os.RemoveAll(dir))
	}
	w.in, w.pipe = in, newPipe(out, in)
	return w, nil
}

// render sends the request and serves files until the result comes.
func (w *process) render(ctx context.Context, opts Options, watch *stopwatch, req app.RenderRequest, t *trace) (*result, error) {
	send := request{RenderRequest: req, Limit: opts.Manifests}
	for name := range req.Refs {
		send.RefNames = append(send.RefNames, name)
	}
	send.Files, send.Refs, send.Paths, send.Before = nil, nil, nil, nil
	if err := w.pipe.send(message{Request: &send}); err != nil {
		return nil, err
	}
	for {
		m, err := w.pipe.receive()
		switch {
		case err != nil:
			return nil, err
		case m.Result != nil:
			return m.Result, nil
		case len(m.Ask) == 0:
			return nil, errors.New("the worker sent neither question nor result")
		}
		if err := w.pipe.send(message{Answers: t.answers(ctx, opts.Sops, watch, m.Ask)}); err != nil {
			return nil, err
		}
	}
}

// answersLimit is the size at which the answers of one message are enough.
const answersLimit = 8 << 20

// answers answers the first questions, one of them at least.
func (t *trace) answers(ctx context.Context, d *sops.Decrypter, watch *stopwatch, questions []question) []answer {
	var out []answer
	for size := 0; len(out) < len(questions) && size < answersLimit; {
		q := questions[len(out)]
		// What is not here yet may have to be fetched.
		goOn := watch.hold()
		a := t.serveWithin(ctx, q)
		goOn()
		a = t.open(ctx, d, q, a)
		out = append(out, a)
		size += len(a.Data)
	}
	return out
}

func (w *process) kill() { _ = w.cmd.Process.Kill() }

// wait waits for the process and removes its folder.
func (w *process) wait() {
	w.once.Do(func() {
		_ = w.in.Close()
		w.ended = w.cmd.Wait()
		_ = os.RemoveAll(w.dir)
	})
}

// end lets an idle worker go.
func (w *process) end() {
	_ = w.in.Close()
	w.wait()
}

// tail keeps the beginning of what a process wrote.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const tailLimit = 16 << 10

// Write keeps what fits and drops the rest.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := tailLimit - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// Bytes returns what was kept.
func (t *tail) Bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.buf.Bytes())
}

func (r *result) rendered() (app.Rendered, error) {
	if r.Err != "" {
		err := errors.New(r.Err)
		if r.NotFound {
			err = notFound{r.Err}
		}
		if r.Hint != "" {
			return app.Rendered{}, hint.With(err, r.Hint)
		}
		return app.Rendered{}, err
	}
	out := app.Rendered{Tool: r.Tool, Why: r.Why, Warnings: r.Warnings, Unstable: r.Unstable}
	for _, raw := range r.Objects {
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(raw); err != nil {
			return out, fmt.Errorf("read rendered objects: %w", err)
		}
		out.Objects = append(out.Objects, u)
	}
	return out, nil
}

// notFound carries app.ErrNotFound over the pipe.
type notFound struct{ text string }

func (n notFound) Error() string { return n.text }

func (notFound) Is(target error) bool { return target == app.ErrNotFound }
