package filestore

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// chunk is how much of a file is held at once while it is compared or written.
const chunk = 4 << 10

// holds reports whether a file has the very content that a function writes. The function is ended at the first chunk that differs.
func holds(path string, write func(io.Writer) error) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	c := comparison{file: f}
	err = errors.Join(write(&c), c.end())
	return errors.Join(err, f.Close()) == nil
}

// errOther says that a file has another content.
var errOther = errors.New("the content is another")

// comparison takes what a file should have, and fails where it has something else.
type comparison struct {
	file io.Reader
	have []byte
}

// Write compares the next part.
func (c *comparison) Write(want []byte) (int, error) {
	if c.have == nil {
		c.have = make([]byte, chunk)
	}
	for rest := want; len(rest) > 0; {
		have := c.have[:min(len(rest), chunk)]
		if _, err := io.ReadFull(c.file, have); err != nil {
			return 0, err
		}
		if !bytes.Equal(have, rest[:len(have)]) {
			return 0, errOther
		}
		rest = rest[len(have):]
	}
	return len(want), nil
}

// end wants the file to have no more.
func (c *comparison) end() error {
	switch n, err := c.file.Read(make([]byte, 1)); {
	case n > 0:
		return errOther
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}
