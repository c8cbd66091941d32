package gitsrc

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/idxfile"

	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
)

// Every fetch adds a pack to a store, and whoever opens the store reads the index of each. Above mostPacks of them the small
// ones are joined, the large ones stay: a byte is copied as often as its pack grows to three times its size.
const (
	mostPacks = 32
	// mostJoined is the number of objects in a joined pack, for its index is made in memory.
	mostJoined = 2 << 20
)

// Sizes of a pack's parts.
const (
	packHeader = 12
	sumSize    = sha1.Size
)

// joint joins packs in the folder of a store's packs. The caller holds the store's lock.
//
// Packs are copied as they are: an entry names what it is a difference of by the distance in the pack, or by hash, and both
// hold in the joined pack. No object is unpacked, and none is lost that no reference leads to. The joined pack is complete on
// disk before the others are removed. A pack counts when both its files are there: the index comes first and goes last.
type joint struct {
	folder string
	// between is called before each change of the folder; tests end the process there.
	between func()
}

// pack is one of the packs of a store.
type pack struct {
	// base is the name of its files without their endings.
	base    string
	size    int64
	objects int
	// promised says that what its objects name may be left with the server: git marks the packs of a partial clone. Only packs
	// of one kind are joined.
	promised bool
}

// promisorEnd is how the file ends that marks a pack of a partial clone.
const promisorEnd = ".promisor"

// tidy joins the packs of a store when there are too many; a store of which one is damaged is made anew. The caller holds the
// lock.
func (f *Fetcher) tidy(ctx context.Context, url string) error {
	err := f.joinPacks(ctx, url)
	if errors.Is(err, errDamaged) {
		return f.remake(ctx, url, err)
	}
	return err
}

func (f *Fetcher) joinPacks(ctx context.Context, url string) error {
	j := joint{folder: filepath.Join(f.dir(url), "objects", "pack"), between: func() {}}
	if err := j.clear(); err != nil {
		return err
	}
	packs, err := j.packs()
	if err != nil {
		return err
	}
	for _, promised := range []bool{false, true} {
		alike := slices.DeleteFunc(slices.Clone(packs), func(p pack) bool { return p.promised != promised })
		if len(alike) > mostPacks {
			err = errors.Join(err, j.join(ctx, choose(alike)))
		}
	}
	return err
}

// clear removes what a killed process left: files that were not complete, and indexes and marks without a pack.
func (j joint) clear() error {
	entries, err := os.ReadDir(j.folder)
	if err != nil {
		return ignoreGone(err)
	}
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	var failed []error
	for name := range there {
		end := filepath.Ext(name)
		alone := (end == ".idx" || end == promisorEnd) && !there[strings.TrimSuffix(name, end)+".pack"]
		if strings.HasPrefix(name, "join-") || strings.HasPrefix(name, "tmp_") || alone {
			failed = append(failed, os.Remove(filepath.Join(j.folder, name)))
		}
	}
	return errors.Join(failed...)
}

// packs returns the packs that may be joined: none where git keeps an index over all of them.
func (j joint) packs() ([]pack, error) {
	if _, err := os.Stat(filepath.Join(j.folder, "multi-pack-index")); err == nil {
		return nil, nil
	}
	names, err := filepath.Glob(filepath.Join(j.folder, "pack-*.pack"))
	if err != nil {
		return nil, err
	}
	var out []pack
	for _, name := range names {
		p := pack{base: strings.TrimSuffix(name, ".pack")}
		if len(existing(p.base+".keep", p.base+".mtimes")) > 0 {
			continue
		}
		p.promised = len(existing(p.base+promisorEnd)) > 0
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if p.size = info.Size(); p.size < packHeader+sumSize {
			return nil, fmt.Errorf("%w: %s is too short", errDamaged, filepath.Base(name))
		}
		if p.objects, err = countOf(p.base + ".idx"); err != nil {
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// countOf reads from an index of the second version how many objects there are.
func countOf(name string) (int, error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	var last [4]byte
	if _, err := file.ReadAt(last[:], 8+255*4); err != nil {
		return 0, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return int(binary.BigEndian.Uint32(last[:])), nil
}

// choose returns the packs to join: a pack stays that has twice the size of all smaller ones together.
func choose(packs []pack) []pack {
	packs = slices.Clone(packs)
	slices.SortFunc(packs, func(a, b pack) int { return cmp.Compare(a.size, b.size) })
	size, objects := int64(0), 0
	for _, p := range packs {
		size, objects = size+p.size, objects+p.objects
	}
	for len(packs) > 0 {
		last := packs[len(packs)-1]
		if size -= last.size; last.size < 2*size && objects <= mostJoined {
			break
		}
		objects -= last.objects
		packs = packs[:len(packs)-1]
	}
	return packs
}

// join puts one pack in the place of several.
func (j joint) join(ctx context.Context, packs []pack) error {
	if len(packs) < 2 {
		return nil
	}
	tmp, err := os.CreateTemp(j.folder, "join-*.pack")
	if err != nil {
		return fmt.Errorf("join packs: %w", err)
	}
	index := newPackIndex(packs)
	err = j.write(ctx, tmp, packs, index)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		j.between()
		err = index.write(tmp.Name() + ".idx")
	}
	if err == nil {
		err = j.replace(packs, tmp.Name(), filepath.Join(j.folder, fmt.Sprintf("pack-%x", index.sum)))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("join packs: %w", err), j.clear())
	}
	return nil
}

// write copies packs behind one another into a new one.
func (j joint) write(ctx context.Context, to io.Writer, packs []pack, index *packIndex) error {
	sum := sha1.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(to, sum), 1<<16)
	header := append([]byte("PACK\x00\x00\x00\x02"), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(header[8:], uint32(cap(index.entries)))
	if _, err := buffered.Write(header); err != nil {
		return err
	}
	at := int64(packHeader)
	for _, p := range packs {
		j.between()
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.copyTo(buffered, at, index); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(p.base), err)
		}
		at += p.size - packHeader - sumSize
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	index.sum = [sumSize]byte(sum.Sum(nil))
	_, err := to.Write(index.sum[:])
	return err
}

// copyTo copies the entries of a pack to a place in another one, and adds them to its index. The pack must be what its
// checksum says.
func (p pack) copyTo(to io.Writer, at int64, index *packIndex) error {
	old, err := readIndex(p.base + ".idx")
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	file, err := os.Open(p.base + ".pack")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := sha1.New()
	var header [packHeader]byte
	if err := readPart(file, header[:], sum); err != nil {
		return err
	}
	if string(header[:8]) != "PACK\x00\x00\x00\x02" || int(binary.BigEndian.Uint32(header[8:])) != p.objects {
		return fmt.Errorf("%w: its beginning is not that of a pack", errDamaged)
	}
	if _, err := io.CopyN(io.MultiWriter(to, sum), file, p.size-packHeader-sumSize); err != nil {
		return err
	}
	var said [sumSize]byte
	if _, err := io.ReadFull(file, said[:]); err != nil {
		return err
	}
	if said != [sumSize]byte(sum.Sum(nil)) || said != old.PackfileChecksum {
		return fmt.Errorf("%w: it is not what its checksum says", errDamaged)
	}
	return index.add(old, at-packHeader)
}

func readPart(from io.Reader, into []byte, sum hash.Hash) error {
	if _, err := io.ReadFull(from, into); err != nil {
		return err
	}
	_, err := sum.Write(into)
	return err
}

func readIndex(name string) (*idxfile.MemoryIndex, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	index := idxfile.NewMemoryIndex()
	if err := idxfile.NewDecoder(bufio.NewReader(file)).Decode(index); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return index, nil
}

// replace gives the joined pack its name and removes those that it was made of.
func (j joint) replace(old []pack, tmp, base string) error {
	if old[0].promised {
		// Git looks for the mark when it finds the index.
		j.between()
		if err := os.WriteFile(base+promisorEnd, nil, 0o600); err != nil {
			return err
		}
	}
	for _, ending := range []string{".idx", ".pack"} {
		from := tmp
		if ending == ".idx" {
			from += ending
		}
		j.between()
		if err := os.Rename(from, base+ending); err != nil {
			return err
		}
	}
	if err := disk.SyncFolder(j.folder); err != nil {
		return err
	}
	for _, p := range old {
		for _, ending := range []string{".pack", ".idx", promisorEnd, ".rev", ".bitmap"} {
			j.between()
			if err := os.Remove(p.base + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
