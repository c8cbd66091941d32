package charts

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"strings"
)

// unpack reads an archive, a tar file that may be compressed with gzip, into memory. It writes nothing to disk. What is
// beyond a limit, leads out of the archive or is neither file, folder nor link to a file in it, refuses the whole: the
// error says which.
func unpack(archive []byte, l limits) (*tree, error) {
	if int64(len(archive)) > l.compressed {
		return nil, refused("it is larger than %s", size(l.compressed))
	}
	u := &unpacking{limits: l, packed: int64(len(archive)), files: map[string][]byte{}, folders: map[string]bool{".": true}, links: map[string]string{}}
	in := bufio.NewReader(bytes.NewReader(archive))
	var plain io.Reader = in
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if plain, err = gzip.NewReader(in); err != nil {
			return nil, fmt.Errorf("unpack: it is no gzip archive: %w", err)
		}
	}
	t, err := u.read(plain)
	if err != nil {
		return nil, err
	}
	t.archive = sumOf(archive)
	return t, nil
}

// unpacking is an archive that is being read.
type unpacking struct {
	limits
	packed, unpacked int64
	count            int
	files            map[string][]byte
	folders          map[string]bool
	// links lead from a path to a path, both from the root of the archive.
	links map[string]string
}

func (u *unpacking) read(from io.Reader) (*tree, error) {
	in := tar.NewReader(&counted{in: from, u: u})
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if u.count++; u.count > u.entries {
			return nil, refused("it has more than %d entries", u.entries)
		}
		if err := u.entryOf(h, in); err != nil {
			return nil, err
		}
	}
	if u.count == 0 {
		return nil, errors.New("unpack: the archive is empty, or no tar archive")
	}
	if err := u.follow(); err != nil {
		return nil, err
	}
	return newTree(u.files, u.folders)
}

// entryOf takes one entry.
func (u *unpacking) entryOf(h *tar.Header, in io.Reader) error {
	name, err := u.place(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.folder(name)
	case tar.TypeReg:
		if h.Size > u.entry {
			return refused("%s is larger than %s", name, size(u.entry))
		}
		if err := u.fits(name); err != nil {
			return err
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, io.LimitReader(in, u.entry)); err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
		u.files[name] = b.Bytes()
		return nil
	case tar.TypeSymlink:
		return u.link(name, path.Dir(name), h.Linkname)
	case tar.TypeLink:
		return u.link(name, ".", h.Linkname)
	}
	return refused("%s is a device or of another special kind", name)
}

// place is the path of an entry from the root of the archive.
func (u *unpacking) place(raw string) (string, error) {
	if len(raw) > u.name {
		return "", refused("a path in it is longer than %d characters", u.name)
	}
	if path.IsAbs(raw) || strings.Contains(raw, `\`) {
		return "", refused("%q is no path relative to its root", raw)
	}
	if strings.Contains("/"+raw+"/", "/../") {
		return "", refused("%q leads out of it", raw)
	}
	name := path.Clean(raw)
	if !fs.ValidPath(name) {
		return "", refused("%q is no path", raw)
	}
	if strings.Count(name, "/") >= u.depth {
		return "", refused("%q is in more than %d folders", raw, u.depth-1)
	}
	return name, nil
}

// folder makes a folder and those that it is in.
func (u *unpacking) folder(name string) error {
	for ; !u.folders[name]; name = path.Dir(name) {
		_, file := u.files[name]
		if _, link := u.links[name]; file || link {
			return refused("%s is both a file and a folder", name)
		}
		u.folders[name] = true
	}
	return nil
}

// fits makes the folder of a file, and makes sure that nothing else has its name. Where a file comes twice, the last
// counts, as tar has it.
func (u *unpacking) fits(name string) error {
	if u.folders[name] {
		return refused("%s is both a file and a folder", name)
	}
	delete(u.links, name)
	delete(u.files, name)
	return u.folder(path.Dir(name))
}

func (u *unpacking) link(name, from, to string) error {
	target := path.Join(from, to)
	if path.IsAbs(to) || !fs.ValidPath(target) {
		return refused("the link %s leads out of it", name)
	}
	if err := u.fits(name); err != nil {
		return err
	}
	u.links[name] = target
	return nil
}

// linkDepth bounds the links on the way to a file.
const linkDepth = 16

// follow puts the content of what they lead to in place of links. Folders that links lead to are not followed: a walk
// through them might not end.
func (u *unpacking) follow() error {
	found := map[string][]byte{}
	for name, target := range u.links {
		for range linkDepth {
			next, ok := u.links[target]
			if !ok {
				break
			}
			target = next
		}
		b, ok := u.files[target]
		if !ok {
			return refused("the link %s leads to no file of it", name)
		}
		if u.unpacked += int64(len(b)); u.unpacked > u.total {
			return refused("its content is larger than %s", size(u.total))
		}
		found[name] = b
	}
	maps.Copy(u.files, found)
	return nil
}

// counted ends an archive whose content becomes too large.
type counted struct {
	in io.Reader
	u  *unpacking
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.u.unpacked += int64(n)
	if c.u.unpacked > c.u.total {
		return 0, refused("its content is larger than %s", size(c.u.total))
	}
	if c.u.unpacked > c.u.ratioFrom && c.u.unpacked > c.u.ratio*c.u.packed {
		return 0, refused("its content is more than %d times as large as it is", c.u.ratio)
	}
	return n, err
}
