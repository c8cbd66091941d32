package cli

import (
	"errors"
	"time"

	"github.com/spf13/pflag"
)

// span is a flag for a duration that must be one: 90s, 5m.
type span time.Duration

var _ pflag.Value = (*span)(nil)

// Set reads a duration.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("a duration is a number with a unit, such as 90s or 5m")
	}
	if d <= 0 {
		return errors.New("it must be longer than nothing")
	}
	*s = span(d)
	return nil
}

// String writes the duration.
func (s *span) String() string { return time.Duration(*s).String() }

// Type names what the flag takes.
func (s *span) Type() string { return "duration" }
