package comparetest

// kind is one kind of object that cases are made of.
type kind struct {
	manifest string
	// values are fields with values that each of them may have.
	values map[string][]any
	// defaults are fields with the value that the server gives them.
	defaults map[string]any
	// spelt are fields with values that mean the same.
	spelt map[string][]any
	// fixed are fields that cannot be changed in place, with another value.
	fixed map[string]any
	// wrong are fields with a value that no schema or validation takes.
	wrong map[string]any
	// edits are merge patches that a person might make.
	edits []string
}

// podTemplate is what workloads share.
const podTemplate = `
  template:
    metadata:
      labels: {app: x}
      annotations: {note: a}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        env:
        - {name: MODE, value: fast}
        - {name: LEVEL, value: "3"}
        ports:
        - {name: http, containerPort: 80}
        resources: {requests: {cpu: 100m, memory: 64Mi}}
      - name: side
        image: busybox:1.36
        args: [sleep, "9"]
`

var templateValues = map[string][]any{
	"spec/template/metadata/annotations/note":                         {"b", "c"},
	"spec/template/spec/containers/0/image":                           {"nginx:1.30", "nginx:1.31"},
	"spec/template/spec/containers/0/env/0/value":                     {"slow", "fast", ""},
	"spec/template/spec/containers/1/args":                            {[]any{"sleep", "10"}, []any{"sleep"}},
	"spec/template/spec/containers/0/resources/limits":                {map[string]any{"cpu": "1"}, map[string]any{}},
	"spec/template/spec/terminationGracePeriodSeconds":                {int64(30), int64(5)},
	"spec/template/spec/containers/0/securityContext":                 {map[string]any{}, map[string]any{"runAsNonRoot": true}},
	"spec/template/spec/volumes":                                      {[]any{map[string]any{"name": "scratch", "emptyDir": map[string]any{}}}},
	"spec/template/spec/nodeSelector":                                 {map[string]any{"disk": "ssd"}, map[string]any{}},
	"spec/template/spec/securityContext":                              {map[string]any{}, map[string]any{"fsGroup": int64(7)}},
	"spec/template/spec/tolerations":                                  {[]any{map[string]any{"key": "a", "operator": "Exists"}}},
	"spec/template/spec/containers/0/ports/0/containerPort":           {int64(81), int64(80)},
	"spec/template/spec/containers/0/readinessProbe/tcpSocket/port":   {int64(80), "http"},
	"spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds": {int64(3)},
}

var templateDefaults = map[string]any{
	"spec/template/spec/containers/0/ports/0/protocol":         "TCP",
	"spec/template/spec/containers/0/imagePullPolicy":          "IfNotPresent",
	"spec/template/spec/containers/0/terminationMessagePath":   "/dev/termination-log",
	"spec/template/spec/containers/1/terminationMessagePolicy": "File",
	"spec/template/spec/dnsPolicy":                             "ClusterFirst",
	"spec/template/spec/restartPolicy":                         "Always",
	"spec/template/spec/schedulerName":                         "default-scheduler",
}

var templateSpelt = map[string][]any{
	"spec/template/spec/containers/0/resources/requests/cpu":    {"0.1", "100m"},
	"spec/template/spec/containers/0/resources/requests/memory": {"65536Ki", "67108864", "64Mi"},
}

var templateWrong = map[string]any{
	"spec/template/spec/containers/0/imagee":                "x",
	"spec/template/spec/containers/0/ports/0/containerPort": int64(99999999),
	"spec/template/spec/containers/0/env":                   []any{map[string]any{"name": "A", "value": "1"}, map[string]any{"name": "A", "value": "2"}},
	"spec/template/spec/restartPolicy":                      "Sometimes",
}

var templateEdits = []string{
	`{"spec":{"template":{"spec":{"priority":null,"terminationGracePeriodSeconds":7}}}}`,
	`{"metadata":{"annotations":{"note":"by hand"}}}`,
	`{"spec":{"template":{"metadata":{"annotations":{"note":"by hand","extra":"1"}}}}}`,
}

var kinds = map[string]kind{
	"ConfigMap": {
		manifest: "apiVersion: v1\nkind: ConfigMap\ndata: {colour: red, size: \"1\"}\n",
		values: map[string][]any{
			"data/colour": {"blue", "green", ""}, "data/new": {"1", "two\nlines\n"}, "binaryData": {map[string]any{"b": "YWJj"}, map[string]any{}},
			"data": {map[string]any{}, map[string]any{"only": "1"}}, "immutable": {false},
		},
		wrong: map[string]any{"datas": map[string]any{"a": "b"}, "data/not a key": "x", "data/colour": int64(3)},
		edits: []string{`{"data":{"colour":"theirs"}}`, `{"data":{"theirs":"1"}}`, `{"data":{"size":null}}`, `{"metadata":{"labels":{"by":"hand"}}}`},
	},
	"Secret": {
		manifest: "apiVersion: v1\nkind: Secret\nstringData: {password: hunter2, user: ada}\n",
		values:   map[string][]any{"stringData/password": {"other", ""}, "stringData/new": {"1"}, "data": {map[string]any{"raw": "AAEC"}}},
		defaults: map[string]any{"type": "Opaque"},
		fixed:    map[string]any{"type": "example.com/kind"},
		wrong:    map[string]any{"data": map[string]any{"raw": "not base64!"}, "stringDatas": map[string]any{}},
		edits:    []string{`{"data":{"password":"dGhlaXJz"}}`, `{"stringData":{"theirs":"1"}}`, `{"data":{"user":null}}`},
	},
	"Service": {
		manifest: "apiVersion: v1\nkind: Service\nspec:\n  selector: {app: x}\n  ports:\n  - {name: http, port: 80}\n  - {name: admin, port: 9000, targetPort: 9001}\n",
		values: map[string][]any{
			"spec/ports/0/targetPort": {int64(8080), "web"}, "spec/selector": {map[string]any{"app": "y"}, map[string]any{}}, "spec/sessionAffinity": {"ClientIP"},
			"spec/ports/1/port": {int64(9000), int64(9002)}, "spec/type": {"NodePort"}, "spec/publishNotReadyAddresses": {true, false},
		},
		defaults: map[string]any{"spec/ports/0/protocol": "TCP", "spec/type": "ClusterIP", "spec/sessionAffinity": "None", "spec/internalTrafficPolicy": "Cluster", "spec/ports/0/targetPort": int64(80)},
		fixed:    map[string]any{"spec/clusterIP": "None"},
		wrong:    map[string]any{"spec/ports/0/port": int64(-1), "spec/selectors": map[string]any{}, "spec/type": "Nowhere"},
		edits:    []string{`{"spec":{"selector":{"app":"theirs"}}}`, `{"spec":{"selector":{"extra":"1"}}}`, `{"spec":{"sessionAffinity":"ClientIP"}}`},
	},
	"ServiceAccount": {
		manifest: "apiVersion: v1\nkind: ServiceAccount\nimagePullSecrets:\n- {name: one}\n- {name: two}\n",
		values:   map[string][]any{"automountServiceAccountToken": {true, false}, "imagePullSecrets": {[]any{}, []any{map[string]any{"name": "two"}, map[string]any{"name": "one"}}}},
		wrong:    map[string]any{"automountServiceAccountToken": "perhaps", "secret": []any{}},
		edits:    []string{`{"automountServiceAccountToken":false}`, `{"metadata":{"annotations":{"role":"x"}}}`},
	},
	"Deployment": {
		manifest: "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: x}}" + podTemplate,
		values:   with(templateValues, map[string][]any{"spec/replicas": {int64(0), int64(1), 0.0}, "spec/paused": {true, false}, "spec/minReadySeconds": {int64(0), int64(2)}, "spec/strategy": {map[string]any{"type": "Recreate"}, map[string]any{}}}),
		defaults: with(templateDefaults, map[string]any{"spec/progressDeadlineSeconds": int64(600), "spec/revisionHistoryLimit": int64(10), "spec/strategy/type": "RollingUpdate"}),
		spelt:    templateSpelt, wrong: with(templateWrong, map[string]any{"spec/replicas": int64(-1), "spec/replica": int64(1)}),
		fixed: map[string]any{"spec/selector/matchLabels": map[string]any{"app": "x", "tier": "web"}, "spec/template/metadata/labels": map[string]any{"app": "x", "tier": "web"}},
		edits: append([]string{`{"spec":{"replicas":1}}`, `{"spec":{"paused":true}}`}, templateEdits...),
	},
	"StatefulSet": {
		manifest: "apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  replicas: 0\n  serviceName: x\n  selector: {matchLabels: {app: x}}" + podTemplate,
		values:   with(templateValues, map[string][]any{"spec/replicas": {int64(0)}, "spec/minReadySeconds": {int64(0), int64(2)}}),
		defaults: with(templateDefaults, map[string]any{"spec/podManagementPolicy": "OrderedReady", "spec/updateStrategy/type": "RollingUpdate"}),
		spelt:    templateSpelt, wrong: templateWrong, fixed: map[string]any{"spec/serviceName": "y", "spec/podManagementPolicy": "Parallel"},
		edits: append([]string{`{"spec":{"minReadySeconds":5}}`}, templateEdits...),
	},
	"CronJob": {
		manifest: "apiVersion: batch/v1\nkind: CronJob\nspec:\n  schedule: \"0 3 1 1 *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - {name: a, image: busybox}\n",
		values:   map[string][]any{"spec/schedule": {"0 4 1 1 *"}, "spec/suspend": {true, false}, "spec/jobTemplate/spec/backoffLimit": {int64(6), int64(2)}, "spec/successfulJobsHistoryLimit": {int64(3), int64(1)}},
		defaults: map[string]any{"spec/concurrencyPolicy": "Allow", "spec/suspend": false, "spec/failedJobsHistoryLimit": int64(1)},
		wrong:    map[string]any{"spec/schedule": "now", "spec/concurrency": "x", "spec/jobTemplate/spec/template/spec/restartPolicy": "Always"},
		edits:    []string{`{"spec":{"suspend":true}}`, `{"spec":{"startingDeadlineSeconds":60}}`},
	},
	"Role": {
		manifest: "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules:\n- {apiGroups: [\"\"], resources: [pods], verbs: [get, list]}\n- {apiGroups: [apps], resources: [deployments], verbs: [get]}\n",
		values:   map[string][]any{"rules/0/verbs": {[]any{"get"}, []any{"list", "get"}}, "rules/1/resourceNames": {[]any{"a"}, []any{}}, "rules": {[]any{}}},
		wrong:    map[string]any{"rules/0/verbs": []any{}, "rule": []any{}},
		edits:    []string{`{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}`, `{"metadata":{"labels":{"by":"hand"}}}`},
	},
	"RoleBinding": {
		manifest: "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}\nsubjects:\n- {kind: User, name: ada, apiGroup: rbac.authorization.k8s.io}\n",
		values:   map[string][]any{"subjects/0/name": {"eve"}, "subjects": {[]any{}, []any{map[string]any{"kind": "ServiceAccount", "name": "default", "namespace": "default"}}}},
		fixed:    map[string]any{"roleRef/name": "b"},
		wrong:    map[string]any{"roleRef/kind": "Rule", "subjects/0/kind": "Ghost"},
		edits:    []string{`{"subjects":[{"kind":"User","name":"bob","apiGroup":"rbac.authorization.k8s.io"}]}`},
	},
	"Ingress": {
		manifest: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  rules:\n  - host: x.example.com\n    http:\n      paths:\n      - {path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}\n",
		values:   map[string][]any{"spec/rules/0/host": {"y.example.com"}, "spec/rules/0/http/paths/0/path": {"/a", "/"}, "spec/tls": {[]any{map[string]any{"hosts": []any{"x.example.com"}, "secretName": "t"}}, []any{}}, "spec/ingressClassName": {"nginx"}},
		wrong:    map[string]any{"spec/rules/0/http/paths/0/pathType": "Some", "spec/rules/0/hosts": "a", "spec/rules/0/http/paths/0/path": "a"},
		edits:    []string{`{"spec":{"ingressClassName":"theirs"}}`, `{"metadata":{"annotations":{"nginx/x":"1"}}}`},
	},
	"HorizontalPodAutoscaler": {
		manifest: "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n  maxReplicas: 5\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}\n  metrics:\n  - type: Resource\n    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}\n",
		values:   map[string][]any{"spec/maxReplicas": {int64(6), 5.0}, "spec/minReplicas": {int64(1), int64(2)}, "spec/metrics/0/resource/target/averageUtilization": {int64(80)}, "spec/behavior/scaleDown/stabilizationWindowSeconds": {int64(60)}},
		defaults: map[string]any{"spec/minReplicas": int64(1)},
		wrong:    map[string]any{"spec/maxReplicas": int64(0), "spec/maximum": int64(2)},
		edits:    []string{`{"spec":{"maxReplicas":9}}`, `{"spec":{"minReplicas":2}}`},
	},
	"PersistentVolumeClaim": {
		manifest: "apiVersion: v1\nkind: PersistentVolumeClaim\nspec:\n  accessModes: [ReadWriteOnce]\n  storageClassName: none\n  resources: {requests: {storage: 1Gi}}\n",
		values:   map[string][]any{"metadata/labels/tier": {"gold", "silver"}},
		defaults: map[string]any{"spec/volumeMode": "Filesystem"},
		spelt:    map[string][]any{"spec/resources/requests/storage": {"1024Mi", "1073741824", "1Gi"}},
		fixed:    map[string]any{"spec/accessModes": []any{"ReadOnlyMany"}, "spec/storageClassName": "other", "spec/volumeMode": "Block"},
		wrong:    map[string]any{"spec/accessModes": []any{"Sometimes"}, "spec/resource": "x"},
		edits:    []string{`{"metadata":{"labels":{"tier":"theirs"}}}`},
	},
	"NetworkPolicy": {
		manifest: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec:\n  podSelector: {matchLabels: {app: x}}\n  ingress:\n  - ports: [{port: 80}]\n",
		values:   map[string][]any{"spec/podSelector": {map[string]any{}}, "spec/ingress/0/ports/0/port": {int64(81), "http"}, "spec/ingress/0/from": {[]any{map[string]any{"podSelector": map[string]any{}}}}, "spec/egress": {[]any{map[string]any{}}, []any{}}},
		defaults: map[string]any{"spec/policyTypes": []any{"Ingress"}, "spec/ingress/0/ports/0/protocol": "TCP"},
		wrong:    map[string]any{"spec/policyTypes": []any{"Sideways"}, "spec/ingres": []any{}},
		edits:    []string{`{"spec":{"podSelector":{"matchLabels":{"app":"theirs"}}}}`},
	},
	"PodDisruptionBudget": {
		manifest: "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec:\n  minAvailable: 1\n  selector: {matchLabels: {app: x}}\n",
		values:   map[string][]any{"spec/minAvailable": {int64(2), "50%"}, "spec/selector": {map[string]any{"matchLabels": map[string]any{"app": "y"}}}, "spec/unhealthyPodEvictionPolicy": {"AlwaysAllow"}},
		wrong:    map[string]any{"spec/maxUnavailable": int64(1), "spec/min": int64(1)},
		edits:    []string{`{"spec":{"minAvailable":3}}`},
	},
	"Widget": {
		manifest: "apiVersion: comparetest.example.com/v1\nkind: Widget\nspec:\n  size: 3\n  colour: red\n  model: a\n  parts:\n  - {name: wheel, count: 4}\n  - {name: door, count: 2}\n  tags: [a, b]\n  port: 80\n  free: {any: {thing: [1, 2]}}\n  whole: {a: 1}\n",
		values: map[string][]any{
			"spec/size": {int64(4), 3.0, int64(3)}, "spec/colour": {"blue", ""}, "spec/parts/0/count": {int64(5)}, "spec/tags": {[]any{"b", "a"}, []any{"a"}, []any{}},
			"spec/port": {"http", int64(81)}, "spec/free/any/thing": {[]any{int64(2)}, "text"}, "spec/free/more": {map[string]any{}, true}, "spec/whole": {map[string]any{"b": int64(1)}},
			"spec/parts": {[]any{}}, "spec/ratio": {1.5, 2.0, int64(2)},
		},
		defaults: map[string]any{"spec/mode": "auto", "spec/parts/0/kind": "part"},
		fixed:    map[string]any{"spec/model": "b"},
		wrong:    map[string]any{"spec/size": "three", "spec/sizes": int64(1), "spec/colour": "a colour that is far too long", "spec/parts/1/name": "wheel"},
		edits:    []string{`{"spec":{"colour":"theirs"}}`, `{"spec":{"free":{"theirs":1}}}`, `{"spec":{"tags":["z"]}}`, `{"spec":{"whole":{"z":1}}}`},
	},
}

// with joins two tables.
func with[V any](a, b map[string]V) map[string]V {
	out := make(map[string]V, len(a)+len(b))
	for _, m := range []map[string]V{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// widgets defines a kind with every sort of list and map, defaults and a rule.
const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.comparetest.example.com}
spec:
  group: comparetest.example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
          spec:
            type: object
            properties:
              size: {type: integer}
              ratio: {type: number}
              colour: {type: string, maxLength: 10}
              mode: {type: string, default: auto}
              model: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: a widget keeps its model}]}
              port: {x-kubernetes-int-or-string: true}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              whole: {type: object, x-kubernetes-map-type: atomic, additionalProperties: {type: integer}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    count: {type: integer}
                    kind: {type: string, default: part}
`
