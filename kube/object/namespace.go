package object

// IsNamespace reports whether an object is a namespace, with which everything in it is deleted. A Project of OpenShift is one under another
// name.
func IsNamespace(ref Ref) bool {
	return ref.Group == "" && ref.Kind == "Namespace" || ref.Group == "project.openshift.io" && ref.Kind == "Project"
}
