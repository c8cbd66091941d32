package render_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestASchemaIsReadFromTheChartAlone(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked for", r.URL)
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(srv.Close)
	file := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(file, []byte(`{"type":"object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ schema, place string }{
		"a $ref to a server":           {`{"$ref":"` + srv.URL + `/schema.json"}`, srv.URL},
		"a $ref further down":          {`{"properties":{"a":{"items":{"$ref":"` + srv.URL + `/schema.json#/$defs/a"}}}}`, srv.URL},
		"a $schema of a server":        {`{"$schema":"` + srv.URL + `/schema.json"}`, srv.URL},
		"a $ref to a file":             {`{"$ref":"file://` + file + `"}`, file},
		"a $ref relative to the root":  {`{"$ref":"..` + file + `"}`, file},
		"a $ref to a server below $id": {`{"$id":"` + srv.URL + `/","$ref":"schema.json"}`, srv.URL},
	} {
		for _, place := range []string{"web", "web/charts/sub"} {
			t.Run(name+" in "+place, func(t *testing.T) {
				t.Parallel()
				files := shop.with(repo{
					"web/charts/sub/Chart.yaml":   "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
					place + "/values.schema.json": tt.schema,
				})
				_ = files.fails(t, helm(app.HelmSource{}), "values.schema.json refers to", tt.place, "below $defs")
				files.render(t, helm(app.HelmSource{SkipSchemaValidation: true}))
			})
		}
	}
}

func TestASchemaMayReferToItself(t *testing.T) {
	t.Parallel()
	files := shop.with(repo{"web/values.schema.json": `{"$schema":"http://json-schema.org/draft-07/schema#",
		"properties":{"replicas":{"$ref":"#/$defs/count"},"x":{"$ref":"urn:example:any"}},"$defs":{"count":{"type":"integer","minimum":1}}}`})
	files.render(t, helm(app.HelmSource{}))
	_ = files.fails(t, helm(app.HelmSource{Values: "replicas: 0"}), "replicas")
}
