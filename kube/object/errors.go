package object

import "errors"

// ErrNoKind says that a cluster does not serve a kind: its CustomResourceDefinition is missing, or it is misspelt.
var ErrNoKind = errors.New("the cluster does not serve this kind")

// ErrUnasked says that there is no server to ask: what is compared is in files.
var ErrUnasked = errors.New("there is none")
