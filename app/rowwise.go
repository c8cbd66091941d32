package app

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
)

// WriteJSON writes the JSON of a status, and the end of a line. It decodes as what [json.Marshal] makes does, but nobody holds it
// as a whole: the two lists that are as long as the application has objects come last, and are written some rows at a time.
func (s Status) WriteJSON(w io.Writer) error {
	head := s
	head.Resources, head.OperationState = nil, nil
	o := beginObject(w, head)
	if s.OperationState != nil {
		o.member("operationState", s.OperationState.writeJSON)
	}
	rows(o, "resources", s.Resources)
	o.write([]byte("}\n"))
	return o.err
}

func (s *OperationState) writeJSON(w io.Writer) error {
	head := *s
	head.SyncResult = nil
	o := beginObject(w, head)
	if s.SyncResult != nil {
		o.member("syncResult", s.SyncResult.writeJSON)
	}
	o.write([]byte("}"))
	return o.err
}

func (r *SyncResult) writeJSON(w io.Writer) error {
	head := *r
	head.Resources = nil
	o := beginObject(w, head)
	rows(o, "resources", r.Resources)
	o.write([]byte("}"))
	return o.err
}

// rowwise is a JSON object that is being written. After its first error it writes no more.
type rowwise struct {
	w   io.Writer
	any bool
	err error
}

// beginObject begins an object with the members of a value, which is encoded at once.
func beginObject(w io.Writer, head any) *rowwise {
	text, err := json.Marshal(head)
	o := &rowwise{w: w, any: len(text) > len("{}"), err: err}
	o.write(bytes.TrimSuffix(text, []byte("}")))
	return o
}

func (o *rowwise) write(text []byte) {
	if o.err == nil {
		_, o.err = o.w.Write(text)
	}
}

// member adds a member whose value is written by a function.
func (o *rowwise) member(name string, value func(io.Writer) error) {
	if o.any {
		o.write([]byte(","))
	}
	o.any = true
	o.write([]byte(`"` + name + `":`))
	if o.err == nil {
		o.err = value(o.w)
	}
}

// atOnce is how many rows are encoded together.
const atOnce = 64

// rows adds a list, unless it is empty.
func rows[T any](o *rowwise, name string, list []T) {
	if len(list) == 0 {
		return
	}
	o.member(name, func(w io.Writer) error {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		for part := range slices.Chunk(list, atOnce) {
			text.Reset()
			if err := e.Encode(part); err != nil {
				return err
			}
			// What is encoded is a list of its own: a comma takes the place of its bracket, but for the first, and the last alone is ended.
			if &part[0] != &list[0] {
				text.Bytes()[0] = ','
			}
			if _, err := w.Write(bytes.TrimSuffix(text.Bytes(), []byte("]\n"))); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "]")
		return err
	})
}
