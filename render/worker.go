package render

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// ServeWorker renders one request after another that comes over in, until in ends. It is the whole of a worker process:
// it opens nothing itself, every file comes from the parent.
func ServeWorker(ctx context.Context, in io.Reader, out io.Writer) error {
	p := newPipe(in, out)
	for {
		m, err := p.receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("render worker: %w", err)
		}
		if m.Request == nil {
			return errors.New("render worker: expected a request")
		}
		if err := p.send(message{Result: work(ctx, p, m.Request)}); err != nil {
			return fmt.Errorf("render worker: %w", err)
		}
	}
}

func work(ctx context.Context, p *pipe, r *request) *result {
	req := r.RenderRequest
	client := &client{pipe: p, known: map[question]answer{}, sealed: map[string]string{}}
	req.Files = remoteFS{client: client}
	req.Refs = map[string]fs.FS{}
	for _, name := range r.RefNames {
		req.Refs[name] = remoteFS{client: client, ref: name}
	}
	found := newFindings()
	rendered, err := renderNoting(ctx, req, r.Limit, found)
	if err = checkSealed(rendered.Objects, client.sealed, found.show, err); err != nil {
		return &result{Err: err.Error(), Hint: hint.Of(err), NotFound: errors.Is(err, app.ErrNotFound), Used: found.used}
	}
	out := &result{Tool: rendered.Tool, Why: rendered.Why, Warnings: rendered.Warnings, Unstable: rendered.Unstable, Used: found.used}
	size := int64(0)
	for _, u := range rendered.Objects {
		b, err := json.Marshal(u.Object)
		if err != nil {
			return &result{Err: "encode objects: " + err.Error(), Used: found.used}
		}
		// Aliases may have made much of a small text.
		if size += int64(len(b)); size > 2*r.Limit {
			err := tooLarge(r.Limit)
			return &result{Err: err.Error(), Hint: hint.Of(err), Used: found.used}
		}
		out.Objects = append(out.Objects, b)
	}
	return out
}

// client asks the parent, each question once: a commit does not change.
type client struct {
	mu    sync.Mutex
	pipe  *pipe
	known map[question]answer
	// sealed says of encrypted files that were read why they stayed so.
	sealed map[string]string
}

func (c *client) ask(q question) (answer, error) {
	if err := c.learn([]question{q}); err != nil {
		return answer{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.known[q]
	return a, a.failure(q)
}

// learn asks what is not known yet: many questions at once save as many turns.
func (c *client) learn(questions []question) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	questions = slices.DeleteFunc(questions, func(q question) bool { _, known := c.known[q]; return known })
	for len(questions) > 0 {
		if err := c.pipe.send(message{Ask: questions}); err != nil {
			return err
		}
		m, err := c.pipe.receive()
		if err != nil {
			return err
		}
		if len(m.Answers) == 0 || len(m.Answers) > len(questions) {
			return errors.New("expected answers")
		}
		for i, a := range m.Answers {
			c.known[questions[i]] = a
			if a.Sealed != "" {
				c.sealed[questions[i].Name] = a.Sealed
			}
		}
		questions = questions[len(m.Answers):]
	}
	return nil
}

// failure is the error that an answer stands for.
func (a *answer) failure(q question) error {
	switch {
	case a.Missing:
		return &fs.PathError{Op: q.Op, Path: q.Name, Err: fs.ErrNotExist}
	case a.Err != "" && a.Hint != "":
		return hint.With(errors.New(a.Err), a.Hint)
	case a.Err != "":
		return errors.New(a.Err)
	}
	return nil
}

// asker answers questions about a repository.
type asker interface {
	ask(q question) (answer, error)
}

// remoteFS is a repository that somebody else serves: in a worker, the parent.
type remoteFS struct {
	client asker
	ref    string
}

var (
	_ fs.ReadDirFS  = remoteFS{}
	_ fs.ReadFileFS = remoteFS{}
	_ fs.StatFS     = remoteFS{}
)

// learner is a repository that answers several questions at a time quicker than one by one.
type learner interface {
	learn(questions ...question)
}

// foresee has questions answered that will be asked, where that saves time. What goes wrong shows when they are asked.
func foresee(files fs.FS, questions ...question) {
	if l, ok := files.(learner); ok {
		l.learn(questions...)
	}
}

func (r remoteFS) learn(questions ...question) {
	c, ok := r.client.(*client)
	if !ok {
		return
	}
	own := make([]question, len(questions))
	for i, q := range questions {
		own[i] = question{r.ref, q.Op, q.Name}
	}
	_ = c.learn(own)
}

// Open opens a file; folders are read by ReadDir.
func (r remoteFS) Open(name string) (fs.File, error) {
	i, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	if i.IsDir() {
		entries, err := r.ReadDir(name)
		return &remoteDir{i, entries}, err
	}
	b, err := r.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &memFile{memInfo{path.Base(name), int64(len(b))}, bytes.NewReader(b)}, nil
}

// ReadFile reads a whole file.
func (r remoteFS) ReadFile(name string) ([]byte, error) {
	a, err := r.client.ask(question{r.ref, opRead, name})
	// The caller may change what it gets.
	return bytes.Clone(a.Data), err
}

// ReadDir lists a folder.
func (r remoteFS) ReadDir(name string) ([]fs.DirEntry, error) {
	a, err := r.client.ask(question{r.ref, opList, name})
	if err != nil {
		return nil, err
	}
	out := make([]fs.DirEntry, len(a.Entries))
	for i, e := range a.Entries {
		out[i] = fs.FileInfoToDirEntry(e)
	}
	return out, nil
}

// Stat describes a file or folder.
func (r remoteFS) Stat(name string) (fs.FileInfo, error) {
	a, err := r.client.ask(question{r.ref, opStat, name})
	if err != nil {
		return nil, err
	}
	return *a.Info, nil
}

func (e entry) Name() string     { return e.Base }
func (entry) Size() int64        { return 0 }
func (entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool      { return e.Dir }
func (entry) Sys() any           { return nil }

func (e entry) Mode() fs.FileMode {
	if e.Dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// remoteDir is an open folder.
type remoteDir struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

func (d *remoteDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *remoteDir) Read([]byte) (int, error)   { return 0, errors.New("is a folder") }
func (d *remoteDir) Close() error               { return nil }
