package values

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// original remembers how the lines of a text are written that the editor shows otherwise: it has no tabs, no carriage
// returns and no control characters. The zero original is a text that is shown as it is.
type original struct {
	// eol ends the lines, when it is not a line feed alone.
	eol string
	// written are lines by how they are shown.
	written map[string]string
}

// errShown says that a text would not survive the editor.
var errShown = errors.New("the text cannot be edited here without changing more of it: its line ends are mixed, or it is too long")

// show returns a text as the editor can hold it, and how to get back from there.
func show(text string) (string, original) {
	o := original{}
	if strings.Contains(text, "\r\n") {
		o.eol = "\r\n"
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if lines[i] = shownLine(line); lines[i] != line {
			if o.written == nil {
				o.written = map[string]string{}
			}
			o.written[lines[i]] = line
		}
	}
	return strings.Join(lines, "\n"), o
}

func shownLine(line string) string {
	line = strings.ReplaceAll(line, "\t", "    ")
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, line)
}

// restore returns what is in the editor as the author would have written it: lines that are shown as before are as they were.
func (o original) restore(shown string) string {
	if o.eol == "" && o.written == nil {
		return shown
	}
	lines := strings.Split(shown, "\n")
	for i, line := range lines {
		if written, ok := o.written[line]; ok {
			lines[i] = written
		}
	}
	eol := o.eol
	if eol == "" {
		eol = "\n"
	}
	return strings.Join(lines, eol)
}

// edit is what is in the editor, as the author would have written it.
func (s *Screen) edit() string { return s.original.restore(s.area.Value()) }

// fill puts a text into the editor, and refuses one that would not come back out of it as it is.
func (s *Screen) fill(text string) error {
	_, s.original = show(s.values.Effective)
	shown, _ := show(text)
	// The cursor stays where it is in a text that has just been kept.
	if s.area.Value() != shown {
		s.area.SetValue(shown)
		s.area.MoveToBegin()
	}
	if s.edit() != text {
		return hint.With(errShown, "edit it with: wheelhouse app edit "+s.key.String()+" --values")
	}
	return nil
}
