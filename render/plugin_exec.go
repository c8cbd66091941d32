package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// limited is a command within limits.
type limited struct {
	// runner starts it: this program, which limits itself and then becomes the command. See [ExecPlugin].
	runner []string
	argv   []string
	dir    string
	env    []string
	// memory bounds each of its processes, in bytes, and output what it prints.
	memory int64
	output int64
}

// commandError is a command that ended badly, with what it wrote.
type commandError struct {
	// exited is true when it ended by itself, with a status that is not 0.
	exited bool
	err    error
	said   string
}

func (e *commandError) Error() string {
	if e.said == "" {
		return e.err.Error()
	}
	return e.err.Error() + "\n" + e.said
}

func (e *commandError) Unwrap() error { return e.err }

// execute runs a command and returns what it prints. It runs in a process group of its own, of which nothing is left when
// execute returns, however that comes.
func execute(ctx context.Context, l limited) ([]byte, error) {
	if !strings.ContainsRune(l.argv[0], os.PathSeparator) {
		// Said here, so that it is not taken for the command's own failure.
		if _, err := exec.LookPath(l.argv[0]); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := append(append([]string{}, l.runner[1:]...), strconv.FormatInt(l.memory, 10))
	cmd := exec.CommandContext(ctx, l.runner[0], append(args, l.argv...)...)
	cmd.Dir, cmd.Env = l.dir, l.env
	die(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	// A process that outlives the command and keeps its output open is not waited for.
	cmd.WaitDelay = time.Second
	out, errs := &capped{limit: l.output, full: cancel}, &tail{}
	cmd.Stdout, cmd.Stderr = out, errs
	err := cmd.Run()
	if cmd.Process != nil {
		_ = killGroup(cmd)
	}
	said := strings.TrimSpace(string(errs.Bytes()))
	if len(said) > pluginErrorLimit {
		said = said[len(said)-pluginErrorLimit:]
	}
	switch exit, isExit := errors.AsType[*exec.ExitError](err); {
	case out.over:
		return nil, fmt.Errorf("it printed more than %s and was ended", megabytes(l.output))
	case err == nil:
		return out.buf.Bytes(), nil
	default:
		return nil, &commandError{exited: isExit && exit.Exited(), err: err, said: said}
	}
}

// capped keeps what a command prints, up to a limit; past it full is called, and nothing more is taken.
type capped struct {
	limit int64
	full  func()

	mu   sync.Mutex
	buf  bytes.Buffer
	over bool
}

// Write keeps what fits.
func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || int64(c.buf.Len()+len(p)) > c.limit {
		c.over = true
		c.full()
		return 0, tooLarge(c.limit)
	}
	return c.buf.Write(p)
}

// ExecPlugin becomes a command of a plugin: args are the memory that it may have, in bytes, and the command. It returns
// only when that fails. The process must be one that was started for this.
func ExecPlugin(args []string) error {
	if len(args) < 2 {
		return errors.New("render-plugin is started by wheelhouse itself")
	}
	memory, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return errors.New("render-plugin is started by wheelhouse itself")
	}
	program, err := exec.LookPath(args[1])
	if err != nil {
		return err
	}
	if err := limitCommand(memory); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	return fmt.Errorf("run %s: %w", program, syscall.Exec(program, args[1:], os.Environ()))
}
