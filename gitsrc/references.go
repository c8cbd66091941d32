package gitsrc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// References are asked for by version 2 of git's protocol (git help protocol-v2), in which a server sends only those that are
// named: hosts keep some for each pull request that there ever was. A server that knows older versions alone has sent all of its
// references when that becomes clear, and these are taken.

// askedVersion asks for the version that is spoken here.
const askedVersion = "version=2"

// mostListed bounds the answer of a server, in bytes. A reference has about 70.
const mostListed = 64 << 20

// branchesAndTags are the beginnings of the names that are always asked for.
var branchesAndTags = []string{"HEAD", "refs/heads/", "refs/tags/"}

// listOver lists references over a connection to git's own service.
func listOver(in io.Writer, out io.Reader, names []string) (listing, error) {
	out = &bounded{out, mostListed}
	old, err := greeting(out)
	if err != nil || old != nil {
		return listingOf(old, err)
	}
	if _, err := in.Write(question(names)); err != nil {
		return listing{}, err
	}
	return readReferences(out)
}

// greeting reads what a server says first: nil when it speaks version 2, and else its references.
func greeting(r io.Reader) (*packp.AdvRefs, error) {
	var read bytes.Buffer
	lines := pktline.NewScanner(io.TeeReader(r, &read))
	for lines.Scan() {
		line := strings.TrimSuffix(string(lines.Bytes()), "\n")
		if line == "" || strings.HasPrefix(line, "# service=") {
			continue
		}
		if line != "version 2" {
			break
		}
		return nil, readCapabilities(lines)
	}
	old := packp.NewAdvRefs()
	return old, old.Decode(io.MultiReader(&read, r))
}

// readCapabilities reads what a server of version 2 can do, which has to be what is asked of it.
func readCapabilities(lines *pktline.Scanner) error {
	lists := false
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSuffix(string(lines.Bytes()), "\n"), "=")
		switch {
		case name == "" && !lists:
			return errors.New("the server speaks version 2 of git's protocol, and lists no references by it")
		case name == "":
			return nil
		case name == "object-format" && value != "sha1":
			return hint.With(fmt.Errorf("its commits are named by %s", value), "use a repository whose commits are named by sha1")
		}
		lists = lists || name == "ls-refs"
	}
	return brokenOff(lines.Err())
}

// question asks for the references whose names begin so, beside branches and tags.
func question(names []string) []byte {
	var b bytes.Buffer
	e := pktline.NewEncoder(&b)
	// Writing into memory does not fail, and no name is too long: they come from documents of one megabyte at most.
	_ = e.EncodeString("command=ls-refs\n")
	b.WriteString("0001")
	_ = e.EncodeString("peel\n", "symrefs\n")
	for _, list := range [][]string{branchesAndTags, names} {
		for _, name := range list {
			_ = e.EncodeString("ref-prefix " + name + "\n")
		}
	}
	_ = e.Flush()
	return b.Bytes()
}

// readReferences reads the answer to a question.
func readReferences(r io.Reader) (listing, error) {
	l := listing{refs: map[string]string{}}
	lines := pktline.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSuffix(string(lines.Bytes()), "\n")
		if line == "" {
			if len(l.refs) == 0 {
				return listing{}, transport.ErrEmptyRemoteRepository
			}
			return l, nil
		}
		if !l.add(line) {
			return listing{}, fmt.Errorf("the server's answer is no list of references: %.80q", line)
		}
	}
	return listing{}, brokenOff(lines.Err())
}

// add adds a line such as "ID refs/tags/v1 peeled:ID"; it reports whether it is one.
func (l *listing) add(line string) bool {
	fields := strings.Split(line, " ")
	if len(fields) < 2 || !plumbing.IsHash(fields[0]) || fields[1] == "" {
		return false
	}
	name := fields[1]
	l.refs[name] = plumbing.NewHash(fields[0]).String()
	for _, attribute := range fields[2:] {
		kind, value, _ := strings.Cut(attribute, ":")
		switch {
		case kind == "peeled" && !plumbing.IsHash(value):
			return false
		case kind == "peeled":
			l.refs[name+"^{}"] = plumbing.NewHash(value).String()
		case kind == "symref-target" && name == "HEAD":
			l.head = value
		}
	}
	return true
}

// listingOf is the listing of a server that sent all of its references.
func listingOf(all *packp.AdvRefs, err error) (listing, error) {
	if err == nil && all.IsEmpty() {
		err = packp.ErrEmptyAdvRefs
	}
	if err != nil {
		return listing{}, brokenOff(err)
	}
	found, err := all.AllReferences()
	if err != nil {
		return listing{}, err
	}
	l := listing{refs: map[string]string{}, whole: true}
	for _, r := range found {
		switch {
		case r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD:
			l.head = r.Target().String()
		case r.Type() == plumbing.HashReference:
			l.refs[r.Name().String()] = r.Hash().String()
		}
	}
	for name, id := range all.Peeled {
		l.refs[name+"^{}"] = id.String()
	}
	return l, nil
}

// brokenOff is why an answer ended before its end, nil when the connection did.
func brokenOff(err error) error {
	var said *pktline.ErrorLine
	var odd *packp.ErrUnexpectedData
	switch {
	case err == nil, errors.Is(err, packp.ErrEmptyInput):
		return io.ErrUnexpectedEOF
	case errors.Is(err, packp.ErrEmptyAdvRefs):
		return transport.ErrEmptyRemoteRepository
	case errors.As(err, &said), errors.As(err, &odd):
		return programError(err.Error())
	}
	return err
}

// bounded reads so much and no more.
type bounded struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the list of its references is longer than %d MiB", mostListed>>20)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
