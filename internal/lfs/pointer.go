// Package lfs knows the pointers that Git LFS keeps in a repository in the place of files: who brings a repository's files
// puts their content in the place of pointers, and who renders them tells when a pointer was all there was.
package lfs

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// MostBytes is the size that every pointer is below.
const MostBytes = 1024

// Pointer names the content of a file.
type Pointer struct {
	// OID is the SHA-256 of the content, in lower-case hexadecimal.
	OID string
	// Size is that of the content, in bytes.
	Size int64
	// Extensions are the programs that changed the file on its way to what OID names.
	Extensions []string
}

const firstLine = "version https://git-lfs.github.com/spec/v1\n"

var (
	extension = regexp.MustCompile(`^ext-[0-9]-([A-Za-z0-9_-]+) sha256:[0-9a-f]{64}$`)
	oid       = regexp.MustCompile(`^oid sha256:([0-9a-f]{64})$`)
	size      = regexp.MustCompile(`^size (0|[1-9][0-9]{0,18})$`)
)

// Parse reads a pointer, in the one form that the specification allows; false is any other file.
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer
func Parse(file []byte) (Pointer, bool) {
	if len(file) >= MostBytes || !bytes.HasPrefix(file, []byte(firstLine)) || !bytes.HasSuffix(file, []byte("\n")) {
		return Pointer{}, false
	}
	lines := strings.Split(strings.TrimSuffix(string(file[len(firstLine):]), "\n"), "\n")
	var p Pointer
	last := ""
	for len(lines) > 0 {
		found := extension.FindStringSubmatch(lines[0])
		if found == nil || lines[0] <= last {
			break
		}
		p.Extensions = append(p.Extensions, found[1])
		last, lines = lines[0], lines[1:]
	}
	if len(lines) != 2 {
		return Pointer{}, false
	}
	name, length := oid.FindStringSubmatch(lines[0]), size.FindStringSubmatch(lines[1])
	if name == nil || length == nil {
		return Pointer{}, false
	}
	n, err := strconv.ParseInt(length[1], 10, 64)
	if err != nil {
		return Pointer{}, false
	}
	p.OID, p.Size = name[1], n
	return p, true
}
