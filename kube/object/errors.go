package object

import "errors"

// ErrNoKind says that a cluster does not serve a kind: its CustomResourceDefinition is missing, or it is misspelt.
var ErrNoKind = errors.New("the cluster does not serve this kind")
