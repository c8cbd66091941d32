package health

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// container is what a Pod's status says about one of its containers.
type container struct {
	name        string
	init, ready bool
	restarts    int64
	// waiting is why it does not run, ended why it does no more.
	waiting, message  string
	ended, endMessage string
	exit              int64
	// restarted is true when an earlier run ended; last and lastMessage say how.
	restarted         bool
	last, lastMessage string
}

// containers returns the init containers, then the others.
func containers(u *unstructured.Unstructured) []container {
	var out []container
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, s := range list(u, "status", field) {
			c := containerOf(&unstructured.Unstructured{Object: s})
			c.init = field == "initContainerStatuses"
			out = append(out, c)
		}
	}
	return out
}

func containerOf(s *unstructured.Unstructured) container {
	_, restarted, _ := unstructured.NestedFieldNoCopy(s.Object, "lastState", "terminated")
	return container{
		name: text(s, "name"), ready: flag(s, "ready"), restarts: count(s, "restartCount"),
		waiting: text(s, "state", "waiting", "reason"), message: text(s, "state", "waiting", "message"),
		ended: text(s, "state", "terminated", "reason"), endMessage: text(s, "state", "terminated", "message"),
		exit: count(s, "state", "terminated", "exitCode"), restarted: restarted,
		last: text(s, "lastState", "terminated", "reason"), lastMessage: text(s, "lastState", "terminated", "message"),
	}
}

// why says why a container does not run, with the last words of its earlier run when it left any.
func (c container) why() string {
	s := c.waiting
	if c.restarts > 0 {
		s += fmt.Sprintf(" (restarts %d)", c.restarts)
	}
	if m := orElse(c.lastMessage, c.message); m != "" {
		s += fmt.Sprintf(": %q", m)
	}
	return s
}
