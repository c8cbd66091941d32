package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// What a rendering may take at most, where the operator says nothing else.
const (
	defaultTimeout   = time.Minute
	defaultMemory    = 512 << 20
	defaultManifests = 10 << 20
)

// tooLarge says that a source renders to more than the limit.
func tooLarge(limit int64) error {
	return hint.With(fmt.Errorf("the manifests are larger than %s", megabytes(limit)),
		"look for what repeats itself, part the source, or allow more with --render-size")
}

// megabytes writes a size as people do.
func megabytes(n int64) string {
	if n%(1<<20) != 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// caught makes an error of a panic of a library.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = hint.With(fmt.Errorf("the renderer crashed: %v", p), "the manifests trip over a fault of the tool; try the tool itself on them")
	}
}

// remedied gives an error this remedy, unless it has one that knows more.
func remedied(err error, remedy string) error {
	if hint.Of(err) != "" {
		return err
	}
	return hint.With(err, remedy)
}

// withoutNetwork explains the error of a library that found no network: a worker cannot open a connection, nor a file.
func withoutNetwork(err error) error {
	if err == nil || !strings.Contains(err.Error(), "too many open files") {
		return err
	}
	return hint.With(fmt.Errorf("something elsewhere than in the repository is named: %w", err),
		"copy it into the repository: nothing is fetched, and no file of this machine opened, while rendering")
}
