package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Bounds of the copy of a repository that a plugin works in.
const (
	pluginCopyLimit  = 256 << 20
	pluginCopyFiles  = 50_000
	pluginErrorLimit = 2000
	// pluginFileLimit bounds each file that a plugin writes.
	pluginFileLimit = 1 << 30
)

// pluginRun is a plugin that is to make, or may make, the manifests of a request.
type pluginRun struct {
	pool   *Pool
	job    job
	source pluginSource
	plugin *Plugin
	why    string
	// overlays are the files of the repository that were laid over the source.
	overlays []string
	// folder is the copy of the repository, made when a command first needs it, scratch what it is in.
	scratch, folder string
}

// findPlugin returns the plugin that makes a request's manifests; nil when another tool does. The caller closes it.
func (p *Pool) findPlugin(ctx context.Context, req app.RenderRequest, t *trace) (*pluginRun, error) {
	if len(p.opts.Plugins) == 0 {
		return nil, nil
	}
	req.Files = remoteFS{client: t}
	files, err := scope(req)
	if err != nil {
		return nil, err
	}
	src, overlays, err := mergeOverrides(files, req, nil)
	if tools := explicit(src); err != nil || len(tools) > 1 || len(tools) == 1 && src.Plugin == nil {
		// Options come first. Those of several tools are refused where the tool is detected.
		return nil, err
	}
	run := &pluginRun{pool: p, job: job{req: req, src: src, files: files, dir: root(src), env: buildEnv(req)}, overlays: overlays}
	if run.source, err = readPluginSource(src); err != nil {
		return nil, err
	}
	for i := range p.opts.Plugins {
		run.plugin = &p.opts.Plugins[i]
		ok, err := run.matches(ctx)
		if err != nil {
			return nil, errors.Join(err, run.close())
		}
		if ok {
			return run, nil
		}
	}
	if err := run.close(); err != nil || src.Plugin == nil {
		return nil, err
	}
	return nil, p.noPlugin(run.source.Name)
}

// noPlugin says that a source asks for a plugin that is not there.
func (p *Pool) noPlugin(name string) error {
	var names []string
	for i := range p.opts.Plugins {
		names = append(names, p.opts.Plugins[i].Name())
	}
	remedy := "the plugins are: " + strings.Join(names, ", ")
	if i := slices.IndexFunc(p.opts.Plugins, func(o Plugin) bool { return o.fault != nil }); i >= 0 {
		remedy += "; " + p.opts.Plugins[i].fault.Error()
	}
	if name == "" {
		return hint.With(errors.New("no plugin is for this source: none of their discover rules fits"), remedy)
	}
	return hint.With(fmt.Errorf("plugin %s: %w, or its discover rule does not fit this source", name, app.ErrNotFound), remedy)
}

// matches reports whether the plugin is for the source, and why.
func (r *pluginRun) matches(ctx context.Context) (bool, error) {
	d := r.plugin.Spec.Discover
	name := r.source.Name
	switch {
	case name != "" && name != r.plugin.Name():
		return false, nil
	case r.plugin.fault != nil && (name != "" || r.plugin.blind):
		return false, r.plugin.fault
	case name != "" && !d.configured():
		r.why = "the source names plugin " + name
		return true, nil
	case !d.configured():
		return false, nil
	}
	sub, err := fs.Sub(r.job.files, r.job.dir)
	if err != nil {
		return false, err
	}
	var found []string
	what := ""
	switch {
	case d.FileName != "":
		what = d.FileName
		found, err = fs.Glob(sub, path.Clean(d.FileName))
	case d.Find.Glob != "":
		what = d.Find.Glob
		found, err = doublestar.Glob(sub, path.Clean(d.Find.Glob))
	default:
		what = strings.Join(append(d.Find.Command, d.Find.Args...), " ")
		out, runErr := r.run(ctx, "discover", PluginCommand{Command: d.Find.Command, Args: d.Find.Args})
		if failed, ok := errors.AsType[*commandError](runErr); ok && failed.exited {
			return false, nil
		}
		if err = runErr; strings.TrimSpace(string(out)) != "" {
			found = []string{what}
		}
	}
	if err != nil {
		return false, fmt.Errorf("plugin %s: discover %s: %w", r.plugin.Name(), what, err)
	}
	if len(found) > 0 && r.plugin.fault != nil {
		return false, r.plugin.fault
	}
	r.why = fmt.Sprintf("plugin %s: its discover rule %s fits %s", r.plugin.Name(), what, r.job.dir)
	return len(found) > 0, nil
}

// generate runs the plugin's commands and returns what they print.
func (r *pluginRun) generate(ctx context.Context) ([]byte, error) {
	if c := r.plugin.Spec.Init; len(c.argv()) > 0 {
		if _, err := r.run(ctx, "init", c); err != nil {
			return nil, err
		}
	}
	return r.run(ctx, "generate", r.plugin.Spec.Generate)
}

// announced returns the parameters that the plugin says it can be given for this source.
func (r *pluginRun) announced(ctx context.Context) ([]app.PluginParameter, error) {
	out := r.plugin.Spec.Parameters.Static
	c := r.plugin.Spec.Parameters.Dynamic
	if len(c.argv()) == 0 {
		return out, nil
	}
	text, err := r.run(ctx, "parameters", c)
	if err != nil {
		return nil, err
	}
	var dynamic []app.PluginParameter
	if err := json.Unmarshal(text, &dynamic); err != nil {
		return nil, fmt.Errorf("plugin %s: the parameters command prints no list of parameters: %w", r.plugin.Name(), err)
	}
	return append(out[:len(out):len(out)], dynamic...), nil
}

// run runs one command in the source's folder of the copy.
func (r *pluginRun) run(ctx context.Context, stage string, c PluginCommand) ([]byte, error) {
	if err := r.copy(); err != nil {
		return nil, err
	}
	env, err := r.job.environment(r.plugin, r.source, r.scratch, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	timeout, memory := r.pool.opts.Timeout, r.pool.opts.Memory
	if r.plugin.timeout > 0 {
		timeout = r.plugin.timeout
	}
	if r.plugin.memory > 0 {
		memory = r.plugin.memory
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := execute(ctx, limited{
		runner: r.pool.opts.PluginCommand, argv: c.argv(), env: env, memory: memory, output: r.pool.opts.Manifests,
		dir: filepath.Join(r.folder, filepath.FromSlash(r.job.dir)),
	})
	switch {
	case err == nil:
		return out, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = hint.With(fmt.Errorf("it took longer than %s and was ended", timeout), "annotate the plugin with "+annotationTimeout+" to allow more")
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return nil, fmt.Errorf("plugin %s: %s command `%s`: %w", r.plugin.Name(), stage, strings.Join(c.argv(), " "), err)
}

// copy writes the repository into an empty folder. Encrypted files stay encrypted.
func (r *pluginRun) copy() error {
	if r.folder != "" {
		return nil
	}
	scratch, err := os.MkdirTemp("", "wheelhouse-plugin-*")
	if err != nil {
		return fmt.Errorf("copy for plugin %s: %w", r.plugin.Name(), err)
	}
	r.scratch = scratch
	for _, dir := range []string{"home", "tmp", "source"} {
		if err := os.Mkdir(filepath.Join(scratch, dir), 0o700); err != nil {
			return fmt.Errorf("copy for plugin %s: %w", r.plugin.Name(), err)
		}
	}
	r.folder = filepath.Join(scratch, "source")
	if err := copyAll(r.job.files, r.folder, r.plugin.Spec.PreserveFileMode); err != nil {
		return fmt.Errorf("copy for plugin %s: %w", r.plugin.Name(), err)
	}
	return nil
}

func copyAll(files fs.FS, to string, modes bool) error {
	size, count := 0, 0
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		target := filepath.Join(to, filepath.FromSlash(name))
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case d.IsDir():
			return os.Mkdir(target, 0o700)
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		size, count = size+len(b), count+1
		if size > pluginCopyLimit || count > pluginCopyFiles {
			return fmt.Errorf("the repository has more than %d MiB or %d files", pluginCopyLimit>>20, pluginCopyFiles)
		}
		mode := fs.FileMode(0o600)
		if info, err := d.Info(); modes && err == nil && info.Mode()&0o111 != 0 {
			mode = 0o700
		}
		return os.WriteFile(target, b, mode)
	})
}

// close removes the copy.
func (r *pluginRun) close() error {
	if r.scratch == "" {
		return nil
	}
	err := os.RemoveAll(r.scratch)
	r.scratch, r.folder = "", ""
	return err
}

// renderPlugin makes a request's manifests with a plugin. What it prints is read by a worker, like any other text that
// somebody else wrote.
func (p *Pool) renderPlugin(ctx context.Context, run *pluginRun) made {
	m := p.generated(ctx, run)
	if err := run.close(); err != nil {
		m.err = errors.Join(m.err, err)
	}
	// A plugin may depend on all of its request, and on more.
	m.used, m.keep = everything, keepAlways
	if m.err != nil {
		m.keep = keepBriefly
	}
	return m
}

func (p *Pool) generated(ctx context.Context, run *pluginRun) made {
	text, err := run.generate(ctx)
	if err != nil {
		return failed(err, keepBriefly)
	}
	req := run.job.req
	req.Refs = nil
	req.Source = app.Source{Directory: &app.DirectorySource{}}
	file := "output-of-plugin-" + strings.ReplaceAll(run.plugin.Name(), "/", "-") + ".yaml"
	req.Files, req.Overlay = noFiles{}, map[string][]byte{file: text}
	m := p.run(ctx, req, newTrace(req))
	m.out.Tool, m.out.Why = app.ToolPlugin, withOverlays(run.why, run.overlays)
	return m
}

// noFiles is a repository without any.
type noFiles struct{}

// Open opens the root alone.
func (noFiles) Open(name string) (fs.File, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &remoteDir{entry{Base: ".", Dir: true}, nil}, nil
}

// ReadDir lists the root.
func (noFiles) ReadDir(string) ([]fs.DirEntry, error) { return nil, nil }
