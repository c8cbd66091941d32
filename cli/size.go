package cli

import (
	"errors"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
)

// size is a flag for a number of bytes, written as Kubernetes writes them: 512Mi, 1Gi, 10M.
type size int64

var _ pflag.Value = (*size)(nil)

// Set reads a size, of which there must be one.
func (s *size) Set(text string) error {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return errors.New("a size is a number with a unit, such as 512Mi or 1Gi")
	}
	if q.Value() <= 0 {
		return errors.New("a size must be more than 0, such as 512Mi or 1Gi")
	}
	*s = size(q.Value())
	return nil
}

// leastMemory is what a worker needs to begin: with 96 MiB the smallest chart was ended now and then.
const leastMemory = 128 << 20

// atLeast is a size that is senseless below some other.
type atLeast struct {
	*size
	least size
}

// Set reads a size that is large enough.
func (a *atLeast) Set(text string) error {
	before := *a.size
	if err := a.size.Set(text); err != nil {
		return err
	}
	if *a.size < a.least {
		*a.size = before
		return errors.New("it must be at least " + a.least.String())
	}
	return nil
}

// String writes the size.
func (a *atLeast) String() string {
	if a.size == nil {
		return ""
	}
	return a.size.String()
}

// String writes the size in the largest unit that divides it.
func (s *size) String() string { return resource.NewQuantity(int64(*s), resource.BinarySI).String() }

// Type names what the flag takes.
func (s *size) Type() string { return "size" }
