package filestore

import (
	"io/fs"
	"os"
	"sync"
)

// once holds what was decoded from files, by path: what is kept of an application of many objects is long, and looked at more
// often than it changes. Files are replaced and never written into, so the same file holds the same. What it returns is
// shared: nobody changes it. The zero once is ready, and safe for concurrent use.
type once[T any] struct {
	mu    sync.Mutex
	known map[string]decoded[T]
}

// decoded is the content of one file.
type decoded[T any] struct {
	file    fs.FileInfo
	content T
}

// read returns the content of a JSON file.
func (o *once[T]) read(path string) (T, error) {
	var content T
	file, err := os.Stat(path)
	if err != nil {
		o.forget(path)
		return content, err
	}
	o.mu.Lock()
	d, ok := o.known[path]
	o.mu.Unlock()
	if ok && sameFile(file, d.file) {
		return d.content, nil
	}
	if err := readJSON(path, &content); err != nil {
		return content, err
	}
	o.keep(path, file, content)
	return content, nil
}

// write replaces a JSON file, whose content need not be decoded when it is read next. The caller holds the lock without which
// nobody else may replace it.
func (o *once[T]) write(path string, content T) error {
	if err := writeJSON(path, content); err != nil {
		return err
	}
	file, err := os.Stat(path)
	if err == nil {
		o.keep(path, file, content)
	}
	return err
}

func (o *once[T]) keep(path string, file fs.FileInfo, content T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = map[string]decoded[T]{}
	}
	o.known[path] = decoded[T]{file, content}
}

func (o *once[T]) forget(path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.known, path)
}

// sameFile reports whether a file is the one that it was, by all that the file system says of it.
func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
