package render

import (
	"bytes"
	"unicode/utf8"
)

// document is one document of a YAML text, as it is written, and how many lines are before it.
type document struct {
	text   []byte
	before int
}

// documents parts a YAML text at its document markers, which a line of nothing else can begin with. They go with the document
// that they begin or end, and so do the directives and comments before a beginning.
func documents(text []byte) []document {
	var out []document
	start, line, begun := 0, 0, false
	cut := func(end, next int) {
		if end > start {
			out = append(out, document{text[start:end], line})
		}
		start, line, begun = end, next, false
	}
	for at, n := 0, 0; at < len(text); n++ {
		end := at + lineLength(text[at:])
		switch here := text[at:end]; {
		case marked(here, "---"):
			if begun {
				cut(at, n)
			}
			begun = true
		case marked(here, "..."):
			cut(end, n+1)
		case !begun && !preamble(here):
			begun = true
		}
		at = end
	}
	cut(len(text), 0)
	return out
}

// marked reports whether a line begins with a document marker: nothing, or white space, has to follow it.
func marked(line []byte, marker string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(marker))
	if !ok || len(rest) == 0 {
		return ok
	}
	return rest[0] == ' ' || rest[0] == '\t' || breakLength(rest) > 0
}

// preamble reports whether a line can be before a document without being of it: a comment, a directive, or nothing.
func preamble(line []byte) bool {
	if len(line) > 0 && line[0] == '%' {
		return true
	}
	line = bytes.TrimLeft(line, " \t")
	return len(line) == 0 || line[0] == '#' || breakLength(line) > 0
}

// lineLength is the length of the first line of a text with its break.
func lineLength(text []byte) int {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c < utf8.RuneSelf && c != '\n' && c != '\r':
			i++
		default:
			if n := breakLength(text[i:]); n > 0 {
				return i + n
			}
			_, n := utf8.DecodeRune(text[i:])
			i += n
		}
	}
	return len(text)
}

// breakLength is the length of the line break that a text begins with, 0 when it begins with none. YAML 1.1, by which the
// library reads, knows more of them than \n.
func breakLength(text []byte) int {
	for _, b := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.HasPrefix(text, []byte(b)) {
			return len(b)
		}
	}
	return 0
}
