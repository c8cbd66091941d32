package app

// DefaultProject is the project of an application that names none.
const DefaultProject = "default"

// Default fills in what a document may leave out: version, kind and project.
func (a *Application) Default() {
	if a.APIVersion == "" {
		a.APIVersion = APIVersion
	}
	if a.Kind == "" {
		a.Kind = KindApplication
	}
	if a.Spec.Project == "" {
		a.Spec.Project = DefaultProject
	}
}
