package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const (
	stateFolder = ".wheelhouse"
	// formatVersion is raised when an older program would misread what a newer one wrote.
	formatVersion = 1
)

// folder is the path of a store's .wheelhouse.
type folder string

func (f folder) path(parts ...string) string {
	return filepath.Join(append([]string{string(f)}, parts...)...)
}

// prepare makes the folder on first use, refuses a format that is too new, and returns the installation id. Two
// processes may come first at once: the write lock lets one of them make the id.
func (f folder) prepare() (string, error) {
	if err := os.MkdirAll(f.path(), 0o700); err != nil {
		return "", err
	}
	id := ""
	//nolint:forbidigo // A store is opened without a context: the wait ends by itself.
	err := locked(context.Background(), f.path("write.lock"), func() (err error) {
		id, err = f.identify()
		return err
	})
	return id, err
}

func (f folder) identify() (string, error) {
	if err := f.checkFormat(); err != nil {
		return "", err
	}
	id, err := f.readInstallation()
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	id = newInstallation()
	if err := writeState(f.path("installation"), []byte(id+"\n")); err != nil {
		return "", err
	}
	if err := writeState(f.path(".gitignore"), []byte("*\n")); err != nil {
		return "", err
	}
	return id, writeState(f.path("format"), []byte(strconv.Itoa(formatVersion)+"\n"))
}

func (f folder) checkFormat() error {
	b, err := os.ReadFile(f.path("format"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return fmt.Errorf("%s is not a format version", f.path("format"))
	}
	if v > formatVersion {
		return hint.With(fmt.Errorf("its format is version %d, and this program knows versions up to %d", v, formatVersion),
			"use the newer wheelhouse that wrote it")
	}
	return nil
}

func (f folder) readInstallation() (string, error) {
	b, err := os.ReadFile(f.path("installation"))
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(b))
	if id == "" {
		return "", hint.With(fmt.Errorf("%s is empty", f.path("installation")),
			"write the id into it again: the objects in the clusters carry it as "+object.AnnotationInstallation)
	}
	return id, nil
}

func newInstallation() string {
	return "wh-" + strings.ToLower(rand.Text()[:16])
}
