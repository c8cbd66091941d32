// Package charts brings charts from Helm repositories and from OCI registries, and plain manifests that are kept as OCI
// artifacts.
//
// What comes from a repository is somebody else's: archives are read into memory within limits, and nothing of them is
// written to disk unpacked.
package charts
