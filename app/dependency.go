package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// DependencyFolder is the folder of a [Checkout] that holds packages which charts in it depend on. No folder lists it, and a
// repository's own file of that name is not seen.
const DependencyFolder = ".wheelhouse/dependencies"

// Dependency is the path in a [Checkout] of the package that the chart in a folder depends on, as its Chart.yaml names it.
// There is none where the chart's own charts folder has it. What is read from the path may be an error that says why the
// package could not be brought.
func Dependency(folder, name, version, repository string) string {
	b, err := json.Marshal([]string{folder, name, version, repository})
	if err != nil {
		// Texts can always be written.
		panic(err)
	}
	sum := sha256.Sum256(b)
	return DependencyFolder + "/" + hex.EncodeToString(sum[:]) + ".tgz"
}
