package cli_test

import (
	"os"
	"path/filepath"
	"testing"
)

// editing returns the program with an editor that runs a command on its file.
func (p *program) editing(script string) *program {
	other := *p
	editor := filepath.Join(p.t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nfile=$1\n"+script+"\n"), 0o755); err != nil {
		p.t.Fatal(err)
	}
	other.env = append(append([]string{}, p.env...), "EDITOR="+editor, "TMPDIR="+p.home)
	return &other
}

// left are the files that editing has left behind.
func (p *program) left() []string {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(p.home, "web-*.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	return files
}

func TestEdit(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must(webFlags...)
	document := filepath.Join(p.store, "web.yaml")
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	p.write("applications/web.yaml", "# The shop's front.\n"+string(text))
	t.Run("what is changed is written, and comments stay", func(t *testing.T) {
		p := p.in(t)
		contains(t, p.editing(`sed -i 's/path: web/path: shop/' "$file"`).must("app", "edit", "web"), "web changed")
		contains(t, p.must("app", "get", "web"), " shop @ HEAD")
		after, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, string(after), "# The shop's front.\n", "path: shop")
	})
	t.Run("a text that is left alone changes nothing", func(t *testing.T) {
		contains(t, p.in(t).editing("true").must("app", "edit", "web"), "not changed")
	})
	t.Run("who empties the text wants out of it", func(t *testing.T) {
		p := p.in(t)
		contains(t, p.editing(`: >"$file"`).expect(6, "app", "edit", "web").err, "edit web: the text was emptied: nothing is changed")
		contains(t, p.must("app", "get", "web"), " shop @ HEAD")
	})
	t.Run("no file is left behind", func(t *testing.T) {
		if files := p.in(t).left(); len(files) > 0 {
			t.Errorf("left behind: %v", files)
		}
	})
	for name, c := range map[string]struct {
		status int
		script string
		says   string
	}{
		"a text that is no YAML":      {2, `echo 'spec: [' >>"$file"`, "kept in"},
		"another name":                {2, `sed -i 's/name: web$/name: front/' "$file"`, "must stay web"},
		"a spec that cannot be":       {2, `sed -i 's/path: shop/path: ..\/x/' "$file"`, "../x"},
		"an editor that is not happy": {7, "exit 1", "the text is in"},
	} {
		t.Run(name+" loses nothing", func(t *testing.T) {
			p := p.in(t)
			before := len(p.left())
			contains(t, p.editing(c.script).expect(c.status, "app", "edit", "web").err, c.says)
			contains(t, p.must("app", "get", "web"), " shop @ HEAD")
			if got := len(p.left()); got != before+1 {
				t.Errorf("%d files are kept, want %d", got, before+1)
			}
		})
	}
	t.Run("who may not write is told before", func(t *testing.T) {
		contains(t, p.in(t).editing("exit 1").expect(6, "app", "edit", "web", "--read-only").err, "--read-only")
	})
}
