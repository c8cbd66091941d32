// Package hint lets an error carry its remedy.
//
// The place that knows what went wrong usually also knows what a person can do about it, while the place that prints
// the error does not. With attaches the remedy where the knowledge is; Of reads it where the error is shown, so the
// command line and the console print the same sentence.
package hint

import (
	"errors"
	"slices"
	"strings"
)

// hinted is an error together with the sentence that says what to do about it.
type hinted struct {
	err    error
	remedy string
}

func (h *hinted) Error() string { return h.err.Error() }

func (h *hinted) Unwrap() error { return h.err }

// With attaches a remedy to err: a sentence in the imperative, lower case, without a full stop.
// It returns nil for a nil error. errors.Is and errors.As see through it.
func With(err error, remedy string) error {
	if err == nil {
		return nil
	}
	return &hinted{err: err, remedy: remedy}
}

// Of returns the outermost remedy in err's chain, or "" when nobody attached one.
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.remedy
	}
	return ""
}

// Text returns an error's text with its remedy behind it. Of errors that were joined each has its own remedy behind it, and one that
// all of them share stands at the end.
func Text(err error) string {
	if several := joined(err); len(several) > 1 {
		first := Of(several[0])
		if slices.ContainsFunc(several, func(e error) bool { return Of(e) != first }) {
			lines := make([]string, len(several))
			for i, e := range several {
				lines[i] = Text(e)
			}
			return strings.Join(lines, "\n")
		}
	}
	if remedy := Of(err); remedy != "" {
		return err.Error() + "; " + remedy
	}
	return err.Error()
}

// joined returns the errors that [errors.Join] made one of, also where some of them are such errors; nil of another error.
func joined(err error) []error {
	// Only err itself is asked: what is said about the whole of a join below it belongs to all of that.
	several, ok := any(err).(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var out []error
	for _, e := range several.Unwrap() {
		if below := joined(e); below != nil {
			out = append(out, below...)
		} else {
			out = append(out, e)
		}
	}
	lines := make([]string, len(out))
	for i, e := range out {
		lines[i] = e.Error()
	}
	if strings.Join(lines, "\n") != err.Error() {
		// fmt.Errorf, with several errors in one sentence.
		return nil
	}
	return out
}
