// Package comparetest holds the tests that a comparison tells the truth: what package compare says of an object is what a
// real apply of it does, on a real API server.
//
// The property test makes up live objects with a history of several field managers, and desired objects beside them, of
// many kinds. It compares, then applies by hand, and looks at what has moved or how the server refuses. What is to be deleted it
// has an engine plan, beside what is said of each object by whoever made it. Each row of what is known of the API server's ways is
// a test of its own.
package comparetest
