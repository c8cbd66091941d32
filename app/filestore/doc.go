// Package filestore keeps applications in a folder: one YAML (or JSON) file per application, written by hand, by git or
// by this program, and everything that is known about them in the folder's .wheelhouse.
//
// The files belong to their author. A change of the program rewrites the changed lines only, keeps comments,
// permissions and symbolic links, and never writes a status; a status that a file brings along is what an application
// starts with. Which file an application is in does not matter: its name is metadata.name, and a new one goes to
// NAME.yaml. A file may hold documents of other kinds, and one Application at most. An application has no namespace
// here: metadata.namespace is kept in the file and left out of the key. Subfolders, hidden files and files without an
// Application are passed over.
//
// The folder .wheelhouse (0700, its files 0600, hidden from git) holds
//
//	format              the version of this layout; a newer one is refused
//	installation        the random id that tells this store's marks from others
//	seen.json           which file held which application when the folder was last read
//	write.lock          held for the moment of a write
//	automation.lock     held by the process that automates
//	automation.fifo     open for writing in that process: those who wait for the lock read from it
//	locks/NAME.lock     held by the process that runs an operation; beside it what others ask of that: its end (.end), to skip hooks (.skips)
//	status/NAME.json    the last known status; NAME.lock beside it is held while it is changed
//	halts.json          in which clusters automation is paused, and why
//	bindings.json       which cluster a destination's name means
//	inventory/NAME.json what an application owned; NAME.lock beside it is held while it is changed
//	history/NAME/       rN.json, a record; HASH.gz, objects without data of Secrets; rN.HASH, whose objects these were
//	actions/NAME/       aN.jsonl, an action on a live object: what was intended and what came of it; locked until it has an end
//	journal/NAME/ID.jsonl
//
// A file that vanishes deletes nothing: the application is gone from the list, and its inventory makes its objects
// released. A folder that cannot be read, that is another store than the one that was opened, or that lost all of two
// or more applications between two readings is no empty store but [app.ErrEmptied]: that is what an unmounted share or
// a checkout of another branch looks like. The file .wheelhouse/emptied says once that it was meant.
//
// [Open] gives a [Store]; any number of processes may open the same folder. Locks are flock(2), so they go with their
// process; on network shares they reach as far as the share's own locks do.
package filestore
