// Package compare finds out how an object that git asks for and the live one compare, at the least cost.
//
// Three grounds are tried in turn. What was found out before holds as long as nothing has changed that it was reached
// from: neither object, nor the epoch of the kind ([object.Epoch]), nor the rules of the user; that is the [Memo]. Then the
// merge that an apply would make is made here: one that changes nothing is proof that an apply changes nothing. Whatever
// is left is a suspect, and the server is asked about it by a dry run of the very apply that a sync would make.
//
// The verdict itself is package diff's; here is decided only whom to ask. A [Comparer] writes nothing.
package compare
