package render

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// checkSchemas refuses a chart whose schema, or that of a chart in it, would be read from a network or from this machine:
// Helm's own check follows every $ref and $schema. Whatever else is wrong with a schema is left for Helm to say.
func checkSchemas(c *chart.Chart) error {
	if len(c.Schema) > 0 {
		if place := outside(c.Schema); place != "" {
			return hint.With(fmt.Errorf("chart %s: values.schema.json refers to %s, and schemas are read from the chart's file alone", c.Name(), place),
				"put what it refers to into the file, below $defs")
		}
	}
	for _, sub := range c.Dependencies() {
		if err := checkSchemas(sub); err != nil {
			return err
		}
	}
	return nil
}

// outside is the first place outside of a schema's own text that it refers to, empty when there is none.
func outside(schema []byte) string {
	const own = "file:///values.schema.json"
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return ""
	}
	c := jsonschema.NewCompiler()
	var loader noLoader
	c.UseLoader(&loader)
	if err := c.AddResource(own, doc); err != nil {
		return ""
	}
	// The error does not hold that of the loader.
	_, _ = c.Compile(own)
	return loader.refused
}

// noLoader reads nothing, and remembers the first place that it did not read. A urn names no place: Helm takes it for a
// schema that everything meets.
type noLoader struct{ refused string }

// Load implements jsonschema.URLLoader.
func (l *noLoader) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	if l.refused == "" {
		l.refused = url
	}
	return nil, errors.New("it is not read")
}
