package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/adrg/xdg"
)

// logLimit is the size at which the default log is begun anew; what was is kept once beside it.
const logLimit = 4 << 20

// openLog opens the log: the file of --log-file, or one below the user's state folder. Where there is no such folder
// nothing is logged, for that is no reason not to work.
func (g *global) openLog() (*os.File, error) {
	if g.logFile != "" {
		f, err := appendTo(g.logFile)
		if err != nil {
			return nil, fmt.Errorf("open log: %w", err)
		}
		return f, nil
	}
	path, err := logPath()
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
			_ = os.Rename(path, path+".1")
		}
		if f, err := appendTo(path); err == nil {
			return f, nil
		}
	}
	return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
}

func logPath() (string, error) { return xdg.StateFile("wheelhouse/wheelhouse.log") }

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

func logger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// quietStderr sends what libraries and credential plugins write to the standard error into the log, for it would be
// drawn over the console. What it returns undoes that.
func (g *global) quietStderr() (func() error, error) {
	f, err := g.openLog()
	if err != nil {
		return nil, err
	}
	before := os.Stderr
	os.Stderr = f
	return func() error {
		os.Stderr = before
		return f.Close()
	}, nil
}
