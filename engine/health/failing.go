package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Container is one that keeps its Pod from running.
type Container struct {
	Name string
	// Says is what its state says.
	Says string
	// Ran is true when it has run, and so may have written; Previous when the run that failed is the one before.
	Ran, Previous bool
}

// Failing returns the containers of a Pod that cannot run or have failed, init containers first; none for other kinds.
func Failing(u *unstructured.Unstructured) []Container {
	if u == nil || u.GetKind() != "Pod" || u.GroupVersionKind().Group != "" {
		return nil
	}
	var out []Container
	for _, c := range containers(u) {
		says := ""
		switch {
		case stuck(c.waiting):
			says = c.why()
		case c.exit != 0:
			says = fmt.Sprintf("%s with exit code %d", orElse(c.ended, "ended"), c.exit)
		case c.restarted && !c.ready:
			says = "not ready, and ended before: " + orElse(c.last, "no reason given")
		default:
			continue
		}
		out = append(out, Container{c.name, c.name + ": " + says, c.restarted || c.ended != "", c.restarted && c.ended == ""})
	}
	return out
}
