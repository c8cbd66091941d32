package filestore

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// writeManifests keeps objects as compressed JSON, without data of Secrets.
func writeManifests(path string, objects []*unstructured.Unstructured) error {
	content := make([]map[string]any, len(objects))
	for i, u := range app.WithoutSecrets(objects) {
		content[i] = u.Object
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(content), z.Close()); err != nil {
		return err
	}
	return writeState(path, packed.Bytes())
}

func readManifests(path string) ([]*unstructured.Unstructured, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var content []map[string]any
	if err := utiljson.Unmarshal(b, &content); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	out := make([]*unstructured.Unstructured, len(content))
	for i, o := range content {
		out[i] = &unstructured.Unstructured{Object: o}
	}
	return out, nil
}
