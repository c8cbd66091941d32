// Package hint lets an error carry its remedy.
//
// The place that knows what went wrong usually also knows what a person can do about it, while the place that prints
// the error does not. With attaches the remedy where the knowledge is; Of reads it where the error is shown, so the
// command line and the console print the same sentence.
package hint

import "errors"

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
