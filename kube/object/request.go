package object

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// FieldManager is the name under which every write of the program owns fields.
const FieldManager = "wheelhouse"

// ApplyRequest is one server-side apply.
type ApplyRequest struct {
	// Object is sent as it is; with a resourceVersion in its metadata the server refuses it (409) when the live object
	// has moved on, and with a uid when it is another object of the same name.
	Object *unstructured.Unstructured
	// New makes the server refuse (409) when the object is there already, whoever made it.
	New bool
	// DryRun asks the server for its answer and changes nothing.
	DryRun bool
	// NoForce makes the server refuse when other field managers hold a field with another value.
	NoForce bool
	// Lenient lets fields pass that the schema does not know (Validate=false), as far as the server does.
	Lenient bool
	// Unread leaves the answer to a real apply in Body until somebody reads it.
	Unread bool
	// Takes names field managers whose fields become ours before the apply, so that what git does not name leaves the
	// cluster. It means nothing with NoForce.
	Takes []string
}

// Answer is what the server made of a write.
type Answer struct {
	// Object is the object after the write, or as it would be after a dry run. It is nil where Body has it.
	Object *unstructured.Unstructured
	// Body is the object after the write; see [ApplyRequest].Unread.
	Body *Body
	// Warnings are the server's warning headers for this request.
	Warnings []string
}

// Made returns the object after the write, which it reads where nobody has.
func (a Answer) Made() (*unstructured.Unstructured, error) {
	if a.Object != nil || a.Body == nil {
		return a.Object, nil
	}
	return a.Body.Object()
}

// DeleteRequest is one deletion.
type DeleteRequest struct {
	Ref Ref
	// UID, when set, makes the server refuse to delete another object of the same name.
	UID types.UID
	// ResourceVersion, when set, makes the server refuse (409) when the object has moved on.
	ResourceVersion string
	// Propagation is Foreground, Background or Orphan; empty is Foreground.
	Propagation string
	// Force deletes without a grace period.
	Force  bool
	DryRun bool
}

// PatchRequest changes fields of one live object.
type PatchRequest struct {
	Ref Ref
	// UID, when set, makes the server refuse to change another object of the same name.
	UID  types.UID
	Type types.PatchType
	Body []byte
	// Subresource is empty for the object itself, or such as "status".
	Subresource string
	DryRun      bool
}

// LiveQuery asks for the live objects that an application is compared with.
type LiveQuery struct {
	// App is the tracking name of the application: every object that carries its mark is asked for.
	App string
	// Refs are asked for by name: what is desired and what a record lists.
	Refs []Ref
}

// LiveSet is the answer to a LiveQuery.
type LiveSet struct {
	// Objects are shared with the cache: whoever changes one copies it first.
	Objects map[Ref]*unstructured.Unstructured
	// AsOf is the time at which the cluster was last heard of.
	AsOf time.Time
	// Unreadable says where objects could not be read, and why: they are unknown, not absent. It is ErrFailing where the server
	// fails to tell.
	Unreadable map[Place]error
	// Edition, where it is not 0, is the number of the answer: one with the same number has the same Objects.
	Edition uint64
	// Since, where it is not 0, is the number of an earlier answer, from which this one differs in the objects of Changed at most, each
	// of which is named once.
	Since   uint64
	Changed []Ref
}

// Node is one object in a tree of owners and owned.
type Node struct {
	Ref    Ref
	UID    types.UID
	Parent types.UID
	// Object may lack parts that no screen shows; it is shared with the cache.
	Object *unstructured.Unstructured
}

// Event says that a live object changed.
type Event struct {
	// Ref names the object. Without a name it says that all objects of a kind came to be known, or are no longer; of the kind "*"
	// those of the cluster.
	Ref Ref
	// App is the tracking name in the mark of the object, or, for one without a mark, of the owner it leads to; empty for
	// an object of nobody.
	App string
	// Before is the tracking name in the mark that the object had before the change, where that is another than App.
	Before  string
	Deleted bool
}

// Knowledge says how well a cluster is known.
type Knowledge struct {
	// AsOf is when the cluster was last heard of; zero when it never was.
	AsOf time.Time
	// Err is why it cannot be reached now, nil while it can.
	Err error
	// Skipped says what is not watched, and why. A kind that may not be watched everywhere is so in the namespaces that
	// applications use; then those of them are named where it is not.
	Skipped map[Place]string
	// Failing says of what nothing is known because the server fails to list or watch it. The kind * is all of a group that does
	// not say what it serves.
	Failing map[Place]Failure
}

// Failure says why something fails, and since when.
type Failure struct {
	Err   string
	Since time.Time
}

// LogRequest asks for the log of one container.
type LogRequest struct {
	Namespace, Pod, Container string
	Follow, Previous          bool
	// Tail is the number of last lines; 0 is all of them.
	Tail int64
}
