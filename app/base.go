package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// BaseFolder is the folder of a [Checkout] that holds what kustomizations in it name elsewhere. No folder lists it, and what
// a repository itself has at one of its paths is not seen. The first name below it stands for one repository at one commit,
// or for one file.
const BaseFolder = ".wheelhouse/bases"

// Base is the path in a [Checkout] of the file that says where something is that the kustomization in a folder names elsewhere:
// its text is a path below [BaseFolder], of a folder or a file. What is read from it may be an error that says why it could
// not be brought.
func Base(folder, reference string) string {
	b, err := json.Marshal([]string{folder, reference})
	if err != nil {
		// Texts can always be written.
		panic(err)
	}
	sum := sha256.Sum256(b)
	return BaseFolder + "/" + hex.EncodeToString(sum[:]) + ".path"
}
