package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/openapi"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// schemaAge is how long the list of schemas serves when nothing says that it has changed.
const schemaAge = 10 * time.Minute

// schemas holds what the server publishes of its kinds, by group and version, as it is asked for. The server gives every
// schema an address that changes with it: one that has stayed where it was is not read again.
type schemas struct {
	// stale is set from anywhere, also from within a request that is made under the lock.
	stale  atomic.Bool
	mu     sync.Mutex
	listed map[string]openapi.GroupVersionWithContext
	at     time.Time
	known  map[schema.GroupVersion]published
}

// published is one schema, with the address that it was read from.
type published struct {
	address string
	types   managedfields.TypeConverter
}

// document is what is read of a published schema: its types. Its paths are as long again.
type document struct {
	Components struct {
		Schemas map[string]*spec.Schema `json:"schemas"`
	} `json:"components"`
}

// forget has the list of schemas read again when it is next needed, for the definitions of kinds may have changed.
func (s *schemas) forget() { s.stale.Store(true) }

// findLocked returns where the schema of a group and version is. The caller holds the lock.
func (s *schemas) findLocked(ctx context.Context, k *Cluster, gv schema.GroupVersion) (openapi.GroupVersionWithContext, error) {
	if s.stale.Swap(false) || s.listed == nil || time.Since(s.at) > schemaAge {
		listed, err := openapi.ToClientWithContext(k.discovery.OpenAPIV3()).PathsWithContext(ctx)
		if err != nil {
			s.listed = nil
			return nil, fmt.Errorf("list the schemas of cluster %s: %w", k.name, k.explain(err))
		}
		s.listed, s.at = listed, time.Now()
	}
	path := "apis/" + gv.String()
	if gv.Group == "" {
		path = "api/" + gv.Version
	}
	found, ok := s.listed[path]
	if !ok {
		return nil, fmt.Errorf("cluster %s publishes no schema of %s", k.name, gv)
	}
	return found, nil
}

// schemaAddress returns the address of a schema, which holds its hash.
func (k *Cluster) schemaAddress(ctx context.Context, gv schema.GroupVersion) (string, error) {
	s := &k.schemas
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.findLocked(ctx, k, gv)
	if err != nil {
		return "", err
	}
	return found.ServerRelativeURL(), nil
}

// types returns the types of a group and version as the server publishes them now.
func (k *Cluster) types(ctx context.Context, gv schema.GroupVersion) (managedfields.TypeConverter, error) {
	s := &k.schemas
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.findLocked(ctx, k, gv)
	if err != nil && s.listed != nil && time.Since(s.at) > rediscover {
		// A kind is served before its schema is published.
		s.listed = nil
		found, err = s.findLocked(ctx, k, gv)
	}
	if err != nil {
		return nil, err
	}
	if p, ok := s.known[gv]; ok && p.address == found.ServerRelativeURL() {
		return p.types, nil
	}
	text, err := found.SchemaWithContext(ctx, runtime.ContentTypeJSON)
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", gv, k.explain(err))
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", gv, err)
	}
	if len(doc.Components.Schemas) == 0 {
		return nil, fmt.Errorf("the schema of %s holds no types", gv)
	}
	types, err := managedfields.NewTypeConverter(doc.Components.Schemas, false)
	if err != nil {
		return nil, fmt.Errorf("read the schema of %s: %w", gv, err)
	}
	if s.known == nil {
		s.known = map[schema.GroupVersion]published{}
	}
	s.known[gv] = published{address: found.ServerRelativeURL(), types: types}
	return types, nil
}
