package engine

import "github.com/wheelhouse-gitops/wheelhouse/engine/diff"

// unanswered reports whether an error says nothing about the object that was asked about.
func unanswered(err error) bool { return diff.Unanswered(err) }
