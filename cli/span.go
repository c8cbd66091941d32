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
		return errors.New("a duration must be more than 0, such as 90s or 5m")
	}
	*s = span(d)
	return nil
}

// String writes the duration.
func (s *span) String() string { return time.Duration(*s).String() }

// Type names what the flag takes.
func (s *span) Type() string { return "duration" }

// limit is a flag for a duration that may be missing: 0 is none.
type limit time.Duration

var _ pflag.Value = (*limit)(nil)

// Set reads a duration, or 0.
func (l *limit) Set(text string) error {
	if text == "0" || text == "0s" {
		*l = 0
		return nil
	}
	if d, err := time.ParseDuration(text); err == nil && d < 0 {
		return errors.New("a limit cannot be negative: use a duration such as 90s or 5m, or 0 for none")
	}
	return (*span)(l).Set(text)
}

// String writes the duration.
func (l *limit) String() string { return time.Duration(*l).String() }

// Type names what the flag takes.
func (l *limit) Type() string { return "duration" }
