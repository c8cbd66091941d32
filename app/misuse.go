package app

import "errors"

// ErrMisused is found with errors.Is in an error that says that something was asked in a way that can never work, such as to
// register a key that is none: who asked has to ask otherwise.
var ErrMisused = errors.New("misused")

// ErrUnfit is found with errors.Is in an error that says that something cannot be asked of what it was asked of as that is now, such
// as to pause what is paused: nothing was done.
var ErrUnfit = errors.New("unfit")

// marked is an error that is its own text, and a mark.
type marked struct {
	error
	mark error
}

// Misused marks an error as [ErrMisused], which its text does not show; nil stays nil.
func Misused(err error) error { return mark(err, ErrMisused) }

// Unfit marks an error as [ErrUnfit], which its text does not show; nil stays nil.
func Unfit(err error) error { return mark(err, ErrUnfit) }

func mark(err, as error) error {
	if err == nil {
		return nil
	}
	return marked{err, as}
}

// Unwrap implements the interface of errors.Is and errors.As.
func (m marked) Unwrap() []error { return []error{m.error, m.mark} }
