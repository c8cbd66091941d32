package filestore

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// encodeManifests writes objects as JSON, without data of Secrets. Equal objects in equal order give equal bytes.
func encodeManifests(objects []*unstructured.Unstructured) ([]byte, error) {
	content := make([]map[string]any, len(objects))
	for i, u := range app.WithoutSecrets(objects) {
		content[i] = u.Object
	}
	return json.Marshal(content)
}

// hashLength is the number of hexadecimal digits of a content's hash.
const hashLength = 2 * sha256.Size

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// writeManifests keeps encoded objects, compressed. What is there already is the same, for its name is its hash.
func writeManifests(path string, content []byte) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(content)
	if err := errors.Join(err, z.Close()); err != nil {
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
