package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"nulls go, at every depth": {
			"{kind: X, a: null, b: {c: null, d: 1}, e: [null, {f: null}]}", "{kind: X, b: {d: 1}, e: [null, {}]}",
		},
		"status and bookkeeping go": {
			"{kind: X, metadata: {name: a, uid: u, resourceVersion: '1', creationTimestamp: null, managedFields: []}, status: {a: 1}}",
			"{kind: X, metadata: {name: a}}",
		},
		"stringData of a Secret becomes data": {
			"{apiVersion: v1, kind: Secret, stringData: {a: b}, data: {c: ZA==}}", "{apiVersion: v1, kind: Secret, data: {a: Yg==, c: ZA==}}",
		},
		"stringData that is no text is left for the server to refuse": {
			"{apiVersion: v1, kind: Secret, stringData: {pin: 5432, a: b}}", "{apiVersion: v1, kind: Secret, data: {pin: 5432, a: Yg==}}",
		},
		"stringData of another Secret stays": {
			"{apiVersion: example.com/v1, kind: Secret, stringData: {a: b}}", "{apiVersion: example.com/v1, kind: Secret, stringData: {a: b}}",
		},
		"rules of an aggregated role are the server's": {
			"{kind: ClusterRole, aggregationRule: {}, rules: [{}]}", "{kind: ClusterRole, aggregationRule: {}}",
		},
		"empty certificates of webhooks go": {
			"{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, webhooks: [{clientConfig: {url: u, caBundle: ''}}, {name: a}, 1]}",
			"{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, webhooks: [{clientConfig: {url: u}}, {name: a}, 1]}",
		},
		"and those of mutating ones, which keep others": {
			"{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [{clientConfig: {caBundle: YQ==}}, {clientConfig: {caBundle: ''}}]}",
			"{apiVersion: admissionregistration.k8s.io/v1, kind: MutatingWebhookConfiguration, webhooks: [{clientConfig: {caBundle: YQ==}}, {clientConfig: {}}]}",
		},
		"and that of a conversion": {
			"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {conversion: {webhook: {clientConfig: {url: u, caBundle: ''}}}}}",
			"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {conversion: {webhook: {clientConfig: {url: u}}}}}",
		},
		"and that of an API of another server": {
			"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, spec: {group: g, caBundle: ''}}", "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, spec: {group: g}}",
		},
		"but not what is called so elsewhere": {
			"{apiVersion: cert-manager.io/v1, kind: Issuer, spec: {caBundle: ''}}", "{apiVersion: cert-manager.io/v1, kind: Issuer, spec: {caBundle: ''}}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := of(t, c.in)
			before := in.DeepCopy()
			if d := cmp.Diff(of(t, c.want).Object, Normalise(in).Object); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(before.Object, in.Object); d != "" {
				t.Errorf("the object itself was changed: %s", d)
			}
		})
	}
}

func FuzzNormaliseIsIdempotent(f *testing.F) {
	for _, seed := range []string{
		web, "{kind: Secret, apiVersion: v1, stringData: {a: b}}", "{metadata: {uid: x}, a: [null, {b: null}]}", "{metadata: 1, status: 2}",
		"{apiVersion: apiregistration.k8s.io/v1, kind: APIService, spec: {caBundle: ''}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, &u.Object); err != nil || u.Object == nil {
			return
		}
		once := Normalise(u)
		if d := cmp.Diff(once.Object, Normalise(once).Object); d != "" {
			t.Errorf("twice is not once: %s", d)
		}
	})
}
