package main

import (
	"fmt"
	"strings"

	"k8s.io/client-go/rest"
)

// kind is a kind of object that is written.
type kind struct {
	name, resource string
	client         func(*bench) rest.Interface
	// manifest is the object of a number, in a version.
	manifest string
}

var kinds = []kind{
	{
		"ConfigMaps", "configmaps", func(b *bench) rest.Interface { return b.api.CoreV1().RESTClient() },
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: many-%[1]d\ndata:\n  number: \"%[1]d\"\n  version: \"%[2]d\"\n",
	},
	{
		"Deployments", "deployments", func(b *bench) rest.Interface { return b.api.AppsV1().RESTClient() },
		`apiVersion: apps/v1
kind: Deployment
metadata:
  name: many-%[1]d
spec:
  replicas: 0
  selector:
    matchLabels: {app: many-%[1]d}
  template:
    metadata:
      labels: {app: many-%[1]d}
    spec:
      containers:
      - name: web
        image: nginx:1.%[2]d
        ports:
        - containerPort: 80
        env:
        - {name: MODE, value: fast}
        resources:
          requests: {cpu: 10m, memory: 16Mi}
`,
	},
}

// kindNames lists the kinds.
func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// perFile is the number of manifests in one file.
const perFile = 100

// text is the manifests of a kind from a number to another, each in the version that it is asked for.
func (k kind) text(from, to int, version func(int) int) string {
	var docs []string
	for i := from; i < to; i++ {
		docs = append(docs, fmt.Sprintf(k.manifest, i, version(i)))
	}
	return strings.Join(docs, "---\n")
}

// files are the manifests of a kind.
func (k kind) files(count int, version func(int) int) map[string][]byte {
	out := map[string][]byte{}
	for from := 0; from < count; from += perFile {
		out[fmt.Sprintf("many-%d.yaml", from/perFile)] = []byte(k.text(from, min(count, from+perFile), version))
	}
	return out
}

// all is the same version for every object.
func all(version int) func(int) int { return func(int) int { return version } }
