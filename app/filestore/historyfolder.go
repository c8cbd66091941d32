package filestore

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// history is the folder of one application's records: rN.json is record N, HASH.gz a set of objects by the hash of its
// content, and the empty file rN.HASH says that record N had these objects.
type history string

func (h history) record(n int) string { return string(h) + "/" + recordID(n) + ".json" }

func (h history) link(n int, hash string) string { return string(h) + "/" + recordID(n) + "." + hash }

func (h history) manifests(hash string) string { return string(h) + "/" + hash + ".gz" }

func recordID(n int) string { return "r" + strconv.Itoa(n) }

func recordNumber(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, "r")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && recordID(n) == id
}

// contents is what the names in a history's folder say.
type contents struct {
	// numbers are those of the records, newest first.
	numbers []int
	// objects are the hashes of the objects of records, and stored those of the objects that there are.
	objects map[int]string
	stored  []string
}

// contents reads the folder; a folder that is not there is an empty history.
func (h history) contents() (contents, error) {
	c := contents{objects: map[int]string{}}
	entries, err := os.ReadDir(string(h))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	for _, e := range entries {
		name, kind, _ := strings.Cut(e.Name(), ".")
		n, isRecord := recordNumber(name)
		switch {
		case isRecord && kind == "json":
			c.numbers = append(c.numbers, n)
		case isRecord && len(kind) == hashLength:
			c.objects[n] = kind
		case len(name) == hashLength && kind == "gz":
			c.stored = append(c.stored, name)
		}
	}
	slices.SortFunc(c.numbers, func(a, b int) int { return cmp.Compare(b, a) })
	return c, nil
}

// write keeps the objects first: a record that promises objects has them. It returns the objects' hash.
func (h history) write(r app.Record, manifests []*unstructured.Unstructured) (string, error) {
	n, _ := recordNumber(r.ID)
	hash := ""
	if len(manifests) > 0 {
		content, err := encodeManifests(manifests)
		if err != nil {
			return "", err
		}
		hash = hashOf(content)
		if err := writeManifests(h.manifests(hash), content); err != nil {
			return "", err
		}
		if err := writeState(h.link(n, hash), nil); err != nil {
			return "", err
		}
	}
	return hash, writeJSON(h.record(n), r)
}

// unlink takes the objects from a record; an empty hash is none.
func (h history) unlink(n int, hash string) error {
	if hash == "" {
		return nil
	}
	return removeState(h.link(n, hash))
}

// trim drops what is older than the history is deep: records, then the links to objects that are one set too many, then
// objects that nothing links to.
func (h history) trim(c contents) error {
	var errs []error
	kept := map[string]bool{}
	for i, n := range c.numbers {
		if i >= keepRecords {
			errs = append(errs, removeState(h.record(n)))
		}
		hash := c.objects[n]
		switch {
		case hash == "":
		case i < keepRecords && (kept[hash] || len(kept) < keepManifests):
			kept[hash] = true
		default:
			errs = append(errs, h.unlink(n, hash))
		}
	}
	for _, hash := range c.stored {
		if !kept[hash] {
			errs = append(errs, removeState(h.manifests(hash)))
		}
	}
	return errors.Join(errs...)
}
