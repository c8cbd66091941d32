package render

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// frameLimit bounds one message between parent and worker.
const frameLimit = 128 << 20

var errFrame = hint.With(fmt.Errorf("a file that it reads, or what it gives, is larger than %d MB", frameLimit>>20),
	"part the file: a rendering reads at most that at once, whatever --render-size and --render-memory allow")

// message is one frame, in either direction: a request to render, questions for files, answers to the first of them, or a
// result.
type message struct {
	Request *request   `json:"request,omitempty"`
	Ask     []question `json:"ask,omitempty"`
	Answers []answer   `json:"answers,omitempty"`
	Result  *result    `json:"result,omitempty"`
}

// request is an app.RenderRequest without its files.
type request struct {
	app.RenderRequest
	// Limit is the most bytes that the manifests may have.
	Limit int64
	// Refs names the repositories that the parent serves besides the first.
	RefNames []string
}

// What a question asks: the content of a file, the names in a folder, or what there is of a name.
const (
	opRead = "read"
	opList = "list"
	opStat = "stat"
)

// question asks for something of a repository; Ref is empty for the source's own.
type question struct {
	Ref, Op, Name string
}

// answer is what the parent found.
type answer struct {
	Data    []byte  `json:"data,omitempty"`
	Entries []entry `json:"entries,omitempty"`
	Info    *entry  `json:"info,omitempty"`
	Missing bool    `json:"missing,omitempty"`
	// Never says that the question has no answer in this commit: the name is none, or leads to something else.
	Never bool   `json:"never,omitempty"`
	Err   string `json:"err,omitempty"`
	Hint  string `json:"hint,omitempty"`
	// Sealed says why an encrypted file is served as it is.
	Sealed string `json:"sealed,omitempty"`
}

// entry describes a file or folder. Its size is not told: whoever lists a folder would depend on all that is in it.
type entry struct {
	Base string
	Dir  bool
}

// result is the end of a rendering.
type result struct {
	Objects  []json.RawMessage
	Tool     app.Tool
	Why      string
	Warnings []string
	Unstable map[int][][]string
	Used     used
	Err      string
	Hint     string
	NotFound bool
}

// pipe sends and receives frames.
type pipe struct {
	r *bufio.Reader
	w io.Writer
}

func newPipe(r io.Reader, w io.Writer) *pipe { return &pipe{bufio.NewReaderSize(r, 64<<10), w} }

func (p *pipe) send(m message) error {
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	if len(b) > frameLimit {
		return errFrame
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, len(b)+4), uint32(len(b)))
	_, err = p.w.Write(append(frame, b...))
	return err
}

func (p *pipe) receive() (message, error) {
	var size [4]byte
	if _, err := io.ReadFull(p.r, size[:]); err != nil {
		return message{}, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > frameLimit {
		return message{}, errFrame
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(p.r, b); err != nil {
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("decode message: %w", err)
	}
	return m, nil
}

// serve answers a worker's question from a repository.
func serve(files fs.FS, q question) answer {
	var a answer
	var err error
	switch q.Op {
	case opRead:
		a.Data, err = fs.ReadFile(files, q.Name)
	case opList:
		var list []fs.DirEntry
		list, err = fs.ReadDir(files, q.Name)
		for _, d := range list {
			a.Entries = append(a.Entries, entry{Base: d.Name(), Dir: d.IsDir()})
		}
	case opStat:
		var i fs.FileInfo
		if i, err = fs.Stat(files, q.Name); err == nil {
			a.Info = &entry{Base: i.Name(), Dir: i.IsDir()}
		}
	default:
		err = fmt.Errorf("unknown question %q", q.Op)
	}
	if err != nil {
		a.Missing, a.Err, a.Hint = errors.Is(err, fs.ErrNotExist), err.Error(), hint.Of(err)
		i, unseen := fs.Stat(files, q.Name)
		a.Never = errors.Is(err, fs.ErrInvalid) || unseen == nil && i.IsDir() == (q.Op == opRead)
	}
	return a
}
