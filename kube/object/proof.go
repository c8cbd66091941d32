package object

import "fmt"

// Proof is what the merge that an apply would make says about its outcome. The zero Proof says nothing.
type Proof int

// The proofs.
const (
	// Unproven says that the merge changes the object, or that it cannot be made here: only the server knows.
	Unproven Proof = iota
	// Unchanged says that an apply would change nothing at all.
	Unchanged
	// OwnersChange says that an apply would change nothing but who owns which field.
	OwnersChange
)

var proofNames = [...]string{"unproven", "unchanged", "owners change"}

// String returns the proof in words.
func (p Proof) String() string {
	if p < 0 || int(p) >= len(proofNames) {
		return fmt.Sprintf("Proof(%d)", int(p))
	}
	return proofNames[p]
}

// Epoch is what, beside the two objects, the outcome of an apply depends on: while it stays the same, so does what was
// found out about them.
type Epoch struct {
	// ID changes with the schema of the kind and with what may change its objects on their way in.
	ID string
	// Mutators name the webhooks and policies that may change an object of the kind when it is written, even one that
	// the merge leaves as it is; MutatorsUnknown says why they are not known.
	Mutators        []string
	MutatorsUnknown string
}

// Provable reports whether the outcome of an apply is that of its merge.
func (e Epoch) Provable() bool { return len(e.Mutators) == 0 && e.MutatorsUnknown == "" }
