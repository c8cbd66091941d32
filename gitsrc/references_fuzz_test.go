package gitsrc

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// FuzzReferences reads what a server might say. What is taken for a listing is one, and written out it is read alike.
func FuzzReferences(f *testing.F) {
	const id, other = "0123456789abcdef0123456789abcdef01234567", "76543210fedcba9876543210fedcba9876543210"
	written := func(lines ...string) string {
		var b bytes.Buffer
		e := pktline.NewEncoder(&b)
		_ = e.EncodeString(lines...)
		_ = e.Flush()
		return b.String()
	}
	hello := written("version 2\n", "ls-refs=unborn\n", "object-format=sha1\n")
	f.Add(hello + written(id+" HEAD symref-target:refs/heads/main\n", id+" refs/heads/main\n", other+" refs/tags/v1 peeled:"+id+"\n"))
	f.Add("001e# service=git-upload-pack\n0000" + hello + written(id+" refs/heads/main"))
	f.Add(written(id+" HEAD\x00symref=HEAD:refs/heads/main\n", id+" refs/heads/main\n", other+" refs/tags/v1\n", id+" refs/tags/v1^{}\n"))
	f.Add(written("ERR access denied or repository not exported: /shop.git"))
	f.Add(hello + "0001" + hello)
	f.Fuzz(func(t *testing.T, said string) {
		l, err := listOver(io.Discard, strings.NewReader(said), nil)
		if err != nil {
			return
		}
		if len(l.refs) == 0 && l.head == "" {
			t.Fatal("an empty listing is no error")
		}
		var lines []string
		for name, id := range l.refs {
			if !plumbing.IsHash(id) || name == "" {
				t.Fatalf("%q is at %q", name, id)
			}
			if !strings.HasSuffix(name, "^{}") && !strings.ContainsAny(name, " \n") {
				lines = append(lines, id+" "+name+"\n")
			}
		}
		if l.whole || len(lines) == 0 {
			return
		}
		again, err := listOver(io.Discard, strings.NewReader(hello+written(lines...)), nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, id := range again.refs {
			if l.refs[name] != id {
				t.Errorf("%q is at %s, and was at %s", name, id, l.refs[name])
			}
		}
	})
}
