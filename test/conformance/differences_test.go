package conformance

// elsewhere is why a kustomization renders here that the program refuses: it names files outside of its own folder.
const elsewhere = "files from anywhere in the repository may be named, as with --load-restrictor LoadRestrictionsNone; nothing outside of it can be read"

// kindless is why a chart is refused here that Helm prints: one of its templates gives metadata without a kind. An
// installation with Helm fails too; here the object would seem to be unwanted, and might be pruned.
const kindless = "a document with metadata and without a kind is refused, as helm install does"

// nameless is why an image is refused here that kustomize takes: without a name it replaces nothing, and nobody would notice.
const nameless = "an image without a name is refused"

// differences are the fixtures that wheelhouse renders otherwise, with the reason.
var differences = map[string]string{
	"edit/images [\":2\"] over full":                                          nameless,
	"edit/images [\"=other:2\"] over full":                                    nameless,
	"edit/images [\"@sha256:cccc\"] over full":                                nameless,
	"edit/images [\":2\"] over plain":                                         nameless,
	"edit/images [\"=other:2\"] over plain":                                   nameless,
	"edit/images [\"@sha256:cccc\"] over plain":                               nameless,
	"helm/pkg/action/testdata/charts/multiplecharts-lint-chart-1":             kindless,
	"helm/pkg/action/testdata/charts/multiplecharts-lint-chart-2":             kindless,
	"helm/pkg/lint/rules/testdata/goodone":                                    kindless,
	"helm/pkg/lint/rules/testdata/withsubchart":                               kindless,
	"helm/pkg/lint/rules/testdata/withsubchart/charts/subchart":               kindless,
	"kustomize/krusty/TestComplexComposition_Dev_SuccessWithRawTransformers":  elsewhere,
	"kustomize/krusty/TestComplexComposition_Prod_SuccessWithRawTransformers": elsewhere,
	"kustomize/krusty/TestIssue1251_Patches_ProdVsDev-2":                      elsewhere,
	"kustomize/krusty/TestIssue1251_Patches_ProdVsDev_Failure":                elsewhere,
	"kustomize/krusty/TestSharedPatchDisAllowed":                              elsewhere,
}
