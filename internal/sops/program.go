package sops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// programTime bounds a run of the sops program, which asks a cloud.
const programTime = 30 * time.Second

// program has the sops program decrypt a file whose key age does not open. The text goes over pipes.
func (d *Decrypter) program(ctx context.Context, f *file, text []byte) (Plain, error) {
	kinds := strings.Join(f.meta.others(), ", ")
	if d.opts.Program == "" {
		return Plain{}, hint.With(fmt.Errorf("it is encrypted by SOPS for %s, which takes the sops program, and that is not on PATH: %w", kinds, ErrNoKey),
			"install sops, or encrypt the file for an age key too")
	}
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.opts.Program, "decrypt", "--input-type", string(f.form), "--output-type", string(f.form), "/dev/stdin")
	cmd.Env, cmd.WaitDelay = d.opts.Env, time.Second
	cmd.Stdin = bytes.NewReader(text)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
		return Plain{}, fmt.Errorf("it is encrypted by SOPS for %s: `sops decrypt`: %w: %s", kinds, err, firstLines(errs.String()))
	}
	return Plain{Text: out.Bytes(), Values: f.differing(out.Bytes())}, nil
}

func firstLines(s string) string {
	const most = 600
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = s[:most]
	}
	return s
}

// differing returns the values of a decrypted text that the encrypted file has encrypted; all of it when that is not known.
func (f *file) differing(plain []byte) []string {
	var values []string
	docs, err := readDocuments(plain)
	if f.form == formBinary || f.form == formDotenv || err != nil {
		for line := range strings.Lines(string(plain)) {
			_, value, _ := strings.Cut(line, "=")
			values = append(values, strings.TrimSpace(line), strings.TrimSpace(value))
		}
		return values
	}
	var encrypted, decrypted []*yaml.Node
	for _, d := range f.docs {
		encrypted = scalars(encrypted, d)
	}
	for _, d := range docs {
		decrypted = scalars(decrypted, d)
	}
	for i, n := range decrypted {
		if i >= len(encrypted) || encrypted[i].Value != n.Value {
			values = append(values, n.Value)
		}
	}
	return values
}

func scalars(out []*yaml.Node, n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.ScalarNode {
		return append(out, n)
	}
	for _, c := range n.Content {
		out = scalars(out, c)
	}
	return out
}
