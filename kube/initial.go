package kube

import (
	"errors"
	"time"
)

// The first list of a kind comes as the beginning of its watch, object by object, and so is never in memory as a whole. That it has
// ended is said by a bookmark with an annotation of its own. There are servers behind aggregated APIs, and proxies before API servers,
// that take the request, send the objects and never that bookmark: the reflector would wait for it for ever, and begin anew without a
// pause whenever the stream ends. So a stream within its list ends with an error, upon which the reflector asks for an ordinary list.

// initialWithin bounds the silence of a watch within its list. The API server does not pause there.
const initialWithin = 10 * time.Second

// errNoEnd says that a watch was to begin with a list, and the list's end did not come.
var errNoEnd = errors.New("the server sends the objects of a first list and does not say that it is complete")

// initial is the list that a watch begins with.
type initial struct {
	// after is for how long the watch may say nothing once the list has ended.
	after time.Duration
	// unended is called when the server is found not to tell the end.
	unended func()
}

// cut is the error for a stream that ends within the list: on is true if the server kept it open, and so will not tell the next time
// either.
func (i *initial) cut(on bool) error {
	if on {
		i.unended()
	}
	return errNoEnd
}
