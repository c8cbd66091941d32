package render

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// distant is a repository whose files take a minute to come.
type distant struct{ fs.FS }

// ReadFile implements fs.ReadFileFS.
func (d distant) ReadFile(name string) ([]byte, error) {
	time.Sleep(time.Minute)
	return fs.ReadFile(d.FS, name)
}

func TestTheTimeOfARenderingDoesNotRunWhileFilesAreBrought(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, watch, end := timed(t.Context(), 10*time.Second)
		defer end()
		trace := newTrace(app.RenderRequest{Files: distant{fstest.MapFS{"a.yaml": {Data: []byte("a: 1\n")}, "b.yaml": {Data: []byte("b: 1\n")}}}})
		time.Sleep(4 * time.Second)
		answers := trace.answers(ctx, nil, watch, []question{{Op: opRead, Name: "a.yaml"}, {Op: opRead, Name: "b.yaml"}})
		if len(answers) != 2 || string(answers[1].Data) != "b: 1\n" || ctx.Err() != nil {
			t.Fatalf("got %d answers, and %v", len(answers), ctx.Err())
		}
		time.Sleep(6*time.Second - time.Nanosecond)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("its time ended too early")
		}
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("its time did not end: %v", context.Cause(ctx))
		}
		watch.hold()()
	})
}
