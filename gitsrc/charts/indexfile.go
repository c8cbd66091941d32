package charts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Limits of an index. The file is read in pieces, so that memory is bounded by those of its parts.
const (
	indexLimit = 128 << 20
	// chartLimit bounds what an index has of one chart, and mostCharts how many it has.
	chartLimit = 8 << 20
	mostCharts = 100_000
	// wholeLimit bounds an index that is not written as Helm writes it: it takes fifteen times as much memory.
	wholeLimit = 8 << 20
	// mostRead is the number of charts that are kept in memory of one index.
	mostRead = 256
)

// span is a part of a file.
type span struct{ offset, length int64 }

// errForm says that an index is not written as Helm writes it, so that where its charts are cannot be seen from its lines.
var errForm = errors.New("it is not written as Helm writes it")

// openIndex finds the charts of an index. It reads the whole file once, and keeps none of it.
func openIndex(file io.ReaderAt, length int64, sum string) (*index, error) {
	i := &index{sum: sum, file: file, length: length, read: map[string][]release{}}
	text := bufio.NewReaderSize(io.NewSectionReader(file, 0, length), 64<<10)
	find := placesInYAML
	if i.json = isJSON(text); i.json {
		find = placesInJSON
	}
	var err error
	if i.places, err = find(text); err == nil || !errors.Is(err, errForm) {
		return i, err
	}
	if length > wholeLimit {
		return nil, hint.With(fmt.Errorf("%w, and larger than %s", err, size(wholeLimit)), "have it written by: helm repo index")
	}
	return i, i.readWhole()
}

func isJSON(text *bufio.Reader) bool {
	head, _ := text.Peek(64)
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{"))
}

// readWhole reads all charts of a small index, however it is written.
func (i *index) readWhole() error {
	b := make([]byte, i.length)
	if _, err := i.file.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the index: %w", err)
	}
	var text struct {
		APIVersion string               `json:"apiVersion" yaml:"apiVersion"`
		Entries    map[string][]release `json:"entries" yaml:"entries"`
	}
	if err := readReleases(b, &text); err != nil || text.APIVersion == "" {
		// The parser's words repeat lines of a page that asks for a login.
		return errNoIndex
	}
	i.places, i.whole = map[string]span{}, true
	for name, releases := range text.Entries {
		i.places[name] = span{}
		i.read[name] = usable(releases)
	}
	return nil
}

// placesInJSON finds the charts of an index in JSON: each place is that of the releases, with the colon before them.
func placesInJSON(text *bufio.Reader) (map[string]span, error) {
	d := json.NewDecoder(text)
	places, version := map[string]span{}, ""
	err := members(d, func(key string) error {
		switch key {
		case "apiVersion":
			return d.Decode(&version)
		case "entries":
			return members(d, func(name string) error {
				from := d.InputOffset()
				var skipped json.RawMessage
				if err := d.Decode(&skipped); err != nil {
					return err
				}
				return place(places, name, span{from, d.InputOffset() - from})
			})
		}
		var skipped json.RawMessage
		return d.Decode(&skipped)
	})
	switch {
	case errors.Is(err, errMany):
		return nil, err
	case err != nil:
		return nil, errForm
	case version == "":
		return nil, errNoIndex
	}
	return places, nil
}

// members calls a function behind each key of an object, which reads the value; null has none.
func members(d *json.Decoder, value func(key string) error) error {
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('{'):
		return errForm
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

var errMany = fmt.Errorf("it has more than %d charts", mostCharts)

func place(places map[string]span, name string, at span) error {
	places[name] = at
	if len(places) > mostCharts {
		return errMany
	}
	return nil
}

// lines finds the charts of an index by the indentation of its lines. Whatever could be anything else than what Helm writes is
// errForm.
type lines struct {
	places  map[string]span
	version bool
	// begun is true after the first key, within while the lines are those of the entries.
	begun, within bool
	// indent is that of the charts' names; 0 before the first.
	indent int
	name   string
	from   int64
}

// placesInYAML finds the charts of an index in YAML: each place is that of the lines of a chart, its name included.
func placesInYAML(text *bufio.Reader) (map[string]span, error) {
	l := lines{places: map[string]span{}}
	offset := int64(0)
	for {
		line, err := text.ReadSlice('\n')
		head := line
		length := int64(len(line))
		for errors.Is(err, bufio.ErrBufferFull) {
			// What a long line begins with says enough of it.
			head = bytes.Clone(head)
			line, err = text.ReadSlice('\n')
			length += int64(len(line))
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read the index: %w", err)
		}
		if err := l.line(head, offset); err != nil {
			return nil, err
		}
		offset += length
		if err != nil {
			break
		}
	}
	if err := l.end(offset); err != nil {
		return nil, err
	}
	if !l.version {
		return nil, errForm
	}
	return l.places, nil
}

func (l *lines) line(line []byte, offset int64) error {
	text := bytes.TrimLeft(bytes.TrimRight(line, " \r\n"), " ")
	indent := len(line) - len(bytes.TrimLeft(line, " "))
	switch {
	case len(text) == 0, text[0] == '#':
		return nil
	case text[0] == '\t', text[0] == '%':
		return errForm
	case indent == 0:
		return l.top(string(text), offset)
	case !l.within:
		return nil
	case l.indent == 0:
		l.indent = indent
	case indent < l.indent:
		return errForm
	}
	if item := string(text) == "-" || bytes.HasPrefix(text, []byte("- ")); indent > l.indent || item && l.name != "" {
		return nil
	}
	if err := l.end(offset); err != nil {
		return err
	}
	name, _, ok := keyOf(string(text))
	if !ok || name == "" {
		return errForm
	}
	l.name, l.from = name, offset
	return nil
}

// top reads a line without indentation: a key of the index itself.
func (l *lines) top(text string, offset int64) error {
	if text == "---" && !l.begun {
		return nil
	}
	key, value, ok := keyOf(text)
	if !ok {
		// A list below a key begins where the key does.
		if l.begun && !l.within && strings.HasPrefix(text, "- ") {
			return nil
		}
		return errForm
	}
	if err := l.end(offset); err != nil {
		return err
	}
	l.begun, l.within = true, key == "entries"
	switch {
	case l.within && (value != "" && value != "{}" || len(l.places) > 0):
		return errForm
	case key == "apiVersion":
		l.version = value != "" && !strings.HasPrefix(value, "#")
	}
	return nil
}

// end ends the lines of a chart.
func (l *lines) end(offset int64) error {
	if l.name == "" {
		return nil
	}
	if _, twice := l.places[l.name]; twice {
		return errForm
	}
	err := place(l.places, l.name, span{l.from, offset - l.from})
	l.name = ""
	return err
}

// keyOf reads a key and what follows it in the line, as far as both are plain.
func keyOf(text string) (key, value string, ok bool) {
	if quote := text[0]; quote == '"' || quote == '\'' {
		key, value, ok = strings.Cut(text[1:], string(quote))
		if !ok || strings.Contains(key, `\`) || !strings.HasPrefix(value, ":") {
			return "", "", false
		}
		value = value[1:]
		return key, strings.TrimSpace(value), value == "" || value[0] == ' '
	}
	if strings.ContainsRune("-?:,[]{}#&*!|>%@`", rune(text[0])) {
		return "", "", false
	}
	key, value, ok = strings.Cut(text+" ", ": ")
	return key, strings.TrimSpace(value), ok && !strings.Contains(key, " ") && !strings.ContainsAny(key, "#\"'")
}
