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
		return errors.New("it must be more than nothing")
	}
	*s = size(q.Value())
	return nil
}

// String writes the size in the largest unit that divides it.
func (s *size) String() string { return resource.NewQuantity(int64(*s), resource.BinarySI).String() }

// Type names what the flag takes.
func (s *size) Type() string { return "size" }
