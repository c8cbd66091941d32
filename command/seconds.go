package command

import (
	"errors"
	"strconv"
	"time"
)

// seconds is a flag value that takes a duration, or a bare number of seconds as Argo CD does; none that is negative.
type seconds struct{ time.Duration }

func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, bare := strconv.Atoi(text); bare == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	switch {
	case err != nil:
		return errors.New("it is no time: write 30s, 5m, 72h or a number of seconds")
	case d < 0:
		return errors.New("a time cannot be negative: write 0 or more, such as 30s, 5m, 72h or a number of seconds")
	}
	s.Duration = d
	return nil
}

func (s *seconds) String() string { return s.Duration.String() }

// Type names the value in help.
func (*seconds) Type() string { return "duration" }
