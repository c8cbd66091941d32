package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// schemes are those of the URLs by which values files are fetched, as a flag's value: with commas between them.
type schemes []string

var _ pflag.Value = (*schemes)(nil)

// String writes the schemes.
func (s *schemes) String() string { return strings.Join(*s, ",") }

// Set reads schemes with commas between them.
func (s *schemes) Set(text string) error {
	var all []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if word = strings.ToLower(word); !slices.Contains([]string{"https", "http"}, word) {
			return fmt.Errorf("%q is no scheme that values files are fetched by: use https, http, or both", word)
		}
		all = append(all, word)
	}
	*s = all
	return nil
}

// Type names what the flag takes.
func (s *schemes) Type() string { return "schemes" }
