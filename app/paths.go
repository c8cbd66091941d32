package app

import "strings"

// GeneratePaths returns the entries of [AnnotationGeneratePaths]: paths and patterns that begin at a source's folder, with a
// slash at the root of its repository. There are none when everything counts.
func (a *Application) GeneratePaths() []string {
	var out []string
	for item := range strings.SplitSeq(a.Metadata.Annotations[AnnotationGeneratePaths], ";") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
