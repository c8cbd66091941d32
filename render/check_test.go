package render_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// TestTraps has Helm say what it reads, and the editor what it warns of: whatever reads as something else than it looks like.
func TestTraps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, reads, says string }{
		{"n: 1", `{"false":1}`, "1:1 the key n is read as false: quote it"},
		{"y: 1", `{"true":1}`, "1:1 the key y is read as true: quote it"},
		{"on: 1", `{"true":1}`, "1:1 the key on is read as true: quote it"},
		{"a:\n  off: 1", `{"a":{"false":1}}`, "2:3 the key off is read as false: quote it"},
		{"a: [{Yes: 1}]", `{"a":[{"true":1}]}`, "1:6 the key Yes is read as true: quote it"},
		{"0755: 1", `{"493":1}`, "1:1 the key 0755 is read as 493: quote it"},
		{"'n': 1\n\"on\": 1\ntrue: 1", `{"n":1,"on":1,"true":1}`, ""},
		{"a: yes", `{"a":true}`, "1:4 yes is read as true: write true, or quote it where it is text"},
		{"a:\n- x\n- N", `{"a":["x",false]}`, "3:3 N is read as false: write false, or quote it where it is text"},
		{"a: oN\nb: 'no'\nc: nope", `{"a":"oN","b":"no","c":"nope"}`, ""},
		{"a: 0755", `{"a":493}`, "1:4 0755 is octal and read as 493: quote it, or write 493"},
		{"a: 0o17", `{"a":15}`, "1:4 0o17 is octal and read as 15: quote it, or write 15"},
		{"a: -0017", `{"a":-15}`, "1:4 -0017 is octal and read as -15: quote it, or write -15"},
		{"a: 0089", `{"a":89}`, "1:4 0089 is a number and read as 89: quote it where it is text"},
		{"a: 1.10", `{"a":1.1}`, "1:4 1.10 is a number and read as 1.1: quote it where it is text"},
		{"a: 12345678901234567890", `{"a":12345678901234567000}`, "1:4 12345678901234567890 is a number and read as 1.2345678901234567e+19: quote it where it is text"},
		{"a: 0\nb: 10\nc: '0755'\nd: 1.5\ne: 1.0\nf: 0x1F", `{"a":0,"b":10,"c":"0755","d":1.5,"e":1,"f":31}`, ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			files := repo{
				"web/Chart.yaml": still["web/Chart.yaml"], "web/values.yaml": c.text + "\n",
				"web/templates/all.yaml": configMap("all", "{{ .Values | toJson | quote }}"),
			}
			got := map[string]any{}
			if err := json.Unmarshal([]byte(field(t, files.render(t, helm(app.HelmSource{})), "data", "value")), &got); err != nil {
				t.Fatal(err)
			}
			delete(got, "global")
			want := map[string]any{}
			if err := json.Unmarshal([]byte(c.reads), &want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("Helm reads (-want +got):\n%s", d)
			}
			r, err := render.Values{}.Edit(t.Context(), files.request(helm(app.HelmSource{})), app.ValuesEdit{Text: c.text + "\n"})
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, p := range r.Problems {
				said = append(said, strings.TrimPrefix(p.Place(), ":")+" "+p.Message)
				if !p.Warning {
					t.Errorf("%s is an error", p)
				}
			}
			if got := strings.Join(said, "\n"); got != c.says {
				t.Errorf("got %q, want %q", got, c.says)
			}
		})
	}
}

func TestKeysThatAreThereTwiceAreNamedWithBothPlaces(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"a: 1\nb:\n  c: 1\n  d: 2\n  'c': 3\n": `line 5, column 3: "c" is there already, in line 3, column 3: only the last one counts`,
		"{on: 1, b: 2, yes: 3}\n":              `line 1, column 15: "true" is there already, in line 1, column 2: only the last one counts`,
	} {
		r, err := render.Values{}.Edit(t.Context(), still.request(helm(app.HelmSource{})), app.ValuesEdit{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, p := range r.Problems {
			if !p.Warning {
				said = append(said, p.String())
			}
		}
		if d := cmp.Diff([]string{says}, said); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
		// Helm takes the last without a word.
		out := still.with(repo{"web/values.yaml": text, "web/templates/page.yaml": configMap("all", "{{ .Values | toJson | quote }}")}).render(t, helm(app.HelmSource{}))
		if got := field(t, out, "data", "value"); !strings.Contains(got, "3") {
			t.Errorf("Helm reads %s", got)
		}
	}
}

func TestWhatASchemaForbidsHasAPlace(t *testing.T) {
	t.Parallel()
	files := repo{
		"web/Chart.yaml":  still["web/Chart.yaml"],
		"web/values.yaml": "image: {tag: v1}\nport: 80\n",
		"web/prod.yaml":   "port: 81\n",
		"web/values.schema.json": `{"required": ["image"], "properties": {"port": {"type": "integer"}, "image": {"additionalProperties": false,
  "required": ["tag"], "properties": {"tag": {"type": "string"}, "name": {"type": "string"}}}}}`,
	}
	src := helm(app.HelmSource{ValueFiles: []string{"prod.yaml"}})
	for text, says := range map[string]string{
		"port: 82\n":                             "",
		"\nport: many\n":                         "line 2, column 7: port: got string, want integer",
		"image:\n  name: x\n  tagg: v\n":         "line 3, column 3: image: additional properties 'tagg' not allowed",
		"x: 1\nimage:\n  name: x\n  tag: null\n": "line 2, column 1: image: missing property 'tag'",
		"x: &n {name: 1}\nimage: *n\n":           "line 1, column 14: image.name: got number, want string",
		"x: &n {name: 1}\nimage:\n  <<: *n\n":    "line 1, column 14: image.name: got number, want string",
	} {
		r, err := render.Values{}.Edit(t.Context(), files.request(src), app.ValuesEdit{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, p := range r.Problems {
			said = append(said, p.String())
		}
		if got := strings.Join(said, "\n"); got != says {
			t.Errorf("of %q: %q, want %q", text, got, says)
		}
		_, err = render.Render(t.Context(), files.with(repo{"web/prod.yaml": text}).request(src))
		if (err == nil) != (says == "") {
			t.Errorf("Helm says of %q: %v", text, err)
		}
	}
	src.Helm.SkipSchemaValidation = true
	if r, err := (render.Values{}).Edit(t.Context(), files.request(src), app.ValuesEdit{Text: "port: many\n"}); err != nil || len(r.Problems) > 0 {
		t.Errorf("a schema that nobody asks: %v, %v", r.Problems, err)
	}
}
