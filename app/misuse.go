package app

import "errors"

// ErrMisused is found with errors.Is in an error that says that something was asked in a way that can never work, such as to
// register a key that is none: who asked has to ask otherwise.
var ErrMisused = errors.New("misused")

// misuse is an error that is its own text, and [ErrMisused].
type misuse struct{ error }

// Misused marks an error as [ErrMisused], which its text does not show; nil stays nil.
func Misused(err error) error {
	if err == nil {
		return nil
	}
	return misuse{err}
}

// Unwrap implements the interface of errors.Is and errors.As.
func (m misuse) Unwrap() []error { return []error{m.error, ErrMisused} }
