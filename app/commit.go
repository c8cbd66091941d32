package app

// NewCommit is a commit that is to be made.
type NewCommit struct {
	// Base is the commit id that the change was made on; nothing is committed when the branch has moved on in the same
	// paths.
	Base string
	// Branch is the branch to commit to; it is created from Base when the repository has none of that name. Empty and HEAD
	// are the repository's own.
	Branch  string
	Message string
	// Author is "Name <mail>".
	Author string
	// Files are the new contents by path from the root; nil removes a file.
	Files map[string][]byte
	// Restore says which paths get the content of an older commit again, by the commit's id: the file or folder that was
	// there then, and none where there was none. The path "." is the whole repository.
	Restore map[string]string
}

// Draft is a commit that is in the store of this machine and that nobody else has seen. Its files can be fetched.
type Draft struct {
	// Commit is the commit that was made, with the branch as its revision.
	Commit Commit `json:"commit"`
	// Parent is the commit that it is on. Where there was nothing to change, Commit is this one.
	Parent Commit `json:"parent"`
	Branch string `json:"branch"`
	// New is true when the repository has no such branch, and Followed when it is the one that the source follows.
	New      bool `json:"new,omitempty"`
	Followed bool `json:"followed,omitempty"`
	// Files are what the commit changes.
	Files []FileChange `json:"files,omitempty"`
}

// Empty reports that there was nothing to change.
func (d *Draft) Empty() bool { return d.Commit.ID == d.Parent.ID }

// FileChange is what a commit does to one file.
type FileChange struct {
	Path string `json:"path"`
	// Act is added, changed or removed.
	Act string `json:"act"`
	// Added and Removed count lines. Counted is false for a file that is large or no text.
	Added   int  `json:"added"`
	Removed int  `json:"removed"`
	Counted bool `json:"counted"`
}
