package object

// IsNamespace reports whether an object is a namespace, with which everything in it is deleted.
func IsNamespace(ref Ref) bool { return ref.Group == "" && ref.Kind == "Namespace" }
