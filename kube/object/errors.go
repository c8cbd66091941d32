package object

import "errors"

// ErrNoKind says that a cluster does not serve a kind: its CustomResourceDefinition is missing, or it is misspelt.
var ErrNoKind = errors.New("the cluster does not serve this kind")

// ErrFailing says that a server fails to tell what there is of a kind: the server behind an aggregated API is down, or the
// webhook that converts the kind's versions. Nothing is known of its objects then, not even whether they are there.
var ErrFailing = errors.New("the API server cannot tell")

// ErrUnasked says that there is no server to ask: what is compared is in files.
var ErrUnasked = errors.New("there is none")
