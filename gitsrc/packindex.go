package gitsrc

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// packIndex is the index of a joined pack: where each object begins. An object that two of the packs had is there twice, as git
// itself has it; go-git's own writer leaves one out, and git refuses an index with fewer objects than the pack.
type packIndex struct {
	entries []packEntry
	// sum is the checksum of the pack.
	sum [sumSize]byte
}

type packEntry struct {
	hash plumbing.Hash
	// check is the CRC-32 of the entry as it is in the pack.
	check  uint32
	offset int64
}

// newPackIndex makes an index with room for all objects of some packs.
func newPackIndex(packs []pack) *packIndex {
	n := 0
	for _, p := range packs {
		n += p.objects
	}
	return &packIndex{entries: make([]packEntry, 0, n)}
}

// add adds the objects of a pack that begins this many bytes later now.
func (x *packIndex) add(old *idxfile.MemoryIndex, later int64) error {
	entries, err := old.Entries()
	if err != nil {
		return err
	}
	before := len(x.entries)
	for {
		e, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		x.entries = append(x.entries, packEntry{e.Hash, e.CRC32, int64(e.Offset) + later})
	}
	if n, err := old.Count(); err != nil || int64(len(x.entries)-before) != n {
		return fmt.Errorf("%w: its index has not as many objects as it says", errDamaged)
	}
	return nil
}

// largeOffset is set in the short form of an offset that has its place in the table of long ones.
const largeOffset = 1 << 31

// write writes the index in git's second version: the number of hashes up to each first byte, then hashes, checksums and
// offsets in the order of the hashes.
func (x *packIndex) write(name string) error {
	slices.SortFunc(x.entries, func(a, b packEntry) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha1.New()
	to := bufio.NewWriter(io.MultiWriter(file, sum))
	// A bufio.Writer remembers its first error; Flush returns it.
	number := func(n uint32) { _, _ = to.Write(binary.BigEndian.AppendUint32(nil, n)) }
	_, _ = to.WriteString("\xfftOc")
	number(2)
	i := 0
	for first := range 256 {
		for i < len(x.entries) && int(x.entries[i].hash[0]) <= first {
			i++
		}
		number(uint32(i))
	}
	for _, e := range x.entries {
		_, _ = to.Write(e.hash[:])
	}
	for _, e := range x.entries {
		number(e.check)
	}
	var long []byte
	for _, e := range x.entries {
		if e.offset < largeOffset {
			number(uint32(e.offset))
			continue
		}
		number(largeOffset | uint32(len(long)/8))
		long = binary.BigEndian.AppendUint64(long, uint64(e.offset))
	}
	_, _ = to.Write(long)
	_, _ = to.Write(x.sum[:])
	err = to.Flush()
	if err == nil {
		_, err = file.Write(sum.Sum(nil))
	}
	return errors.Join(err, file.Sync(), file.Close())
}
