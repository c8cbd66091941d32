// Package e2e holds the tests of the whole program: the binary that users run, on a real control plane, against a real
// git server. A test starts wheelhouse as a script would, reads what it prints and its exit status, and looks into the
// cluster with a client of its own to see what was truly done.
//
// Tests that walk through the sample applications share the playground's store. All others make a store, a repository
// and a namespace of their own and run at the same time.
package e2e
