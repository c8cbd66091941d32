package app

import "fmt"

// Unsupported returns the fields of an application that would change the result in Argo CD and do not here, each with
// what that means. They are for a loud condition ([ConditionUnsupported]): nothing that changes the result is passed
// over in silence.
func Unsupported(a *Application) []string {
	var out []string
	if spec, ok := a.unknown["spec"].(map[string]any); ok && spec["sourceHydrator"] != nil {
		out = append(out, "spec.sourceHydrator: manifests are not hydrated into a branch")
	}
	if len(a.Spec.Sources) == 0 && a.Spec.Source != nil {
		out = append(out, unsupportedSource("spec.source", *a.Spec.Source)...)
	}
	if a.Spec.SyncOption("Validate=false") {
		out = append(out, "spec.syncPolicy.syncOptions: Validate=false lets nothing more pass: objects are applied by the server, which needs "+
			"the schema of every field")
	}
	for i, s := range a.Spec.Sources {
		out = append(out, unsupportedSource(fmt.Sprintf("spec.sources[%d]", i), s)...)
	}
	return append(out, unsupportedOperation(a)...)
}

func unsupportedSource(at string, s Source) []string {
	var out []string
	if s.Kustomize != nil && s.Kustomize.Version != "" {
		out = append(out, at+".kustomize.version: the built-in version is used")
	}
	return out
}

// unsupportedOperation looks at the fields of a wished sync that this package keeps and does not model.
func unsupportedOperation(a *Application) []string {
	if a.Operation == nil || a.Operation.Sync == nil {
		return nil
	}
	op, _ := a.unknown["operation"].(map[string]any)
	sync, _ := op["sync"].(map[string]any)
	var out []string
	if sync["manifests"] != nil {
		out = append(out, "operation.sync.manifests: local manifests are not synced")
	}
	strategy, _ := sync["syncStrategy"].(map[string]any)
	hook, _ := strategy["hook"].(map[string]any)
	if strategy["apply"] != nil || hook["force"] == true {
		out = append(out, "operation.sync.syncStrategy: syncs always run hooks and are never forced")
	}
	return out
}
