// Package conformance holds tests that render the fixtures of Helm, Kustomize and Jsonnet twice: with the tool's own
// program, and with wheelhouse's pool of render workers. The objects must be the same, in the same order.
//
// The programs are built from the versions that the product's go.mod names, and their fixtures are read from the module
// cache, so a new version of a tool brings its own tests with it. Where a difference is meant, it is a row of a table with
// the reason; a row that no longer differs fails as a difference does that has no row.
package conformance
