package object

// Unanswered is the error of a request that may change something and that the server has not answered. It reads as its cause.
type Unanswered struct {
	Err error
	// Sent is false when the request certainly did not reach the server: no connection came to be. Otherwise the server may have
	// done what it was asked to.
	Sent bool
}

func (u *Unanswered) Error() string { return u.Err.Error() }

// Unwrap returns the cause.
func (u *Unanswered) Unwrap() error { return u.Err }
