package lfs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

const (
	sum    = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
	first  = "version https://git-lfs.github.com/spec/v1\n"
	object = "oid sha256:" + sum + "\n"
)

func TestPointersAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want lfs.Pointer
	}{
		"the specification's example": {first + object + "size 12345\n", lfs.Pointer{OID: sum, Size: 12345}},
		"an empty file":               {first + object + "size 0\n", lfs.Pointer{OID: sum}},
		"with extensions": {
			first + "ext-0-foo sha256:" + sum + "\next-1-bar sha256:" + sum + "\n" + object + "size 7\n",
			lfs.Pointer{OID: sum, Size: 7, Extensions: []string{"foo", "bar"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := lfs.Parse([]byte(c.text))
			if diff := cmp.Diff(c.want, got); !ok || diff != "" {
				t.Errorf("pointer %t (-want +got):\n%s", ok, diff)
			}
		})
	}
}

func TestOtherFilesAreNoPointers(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":                    "",
		"the first line alone":     first,
		"another version":          strings.Replace(first, "v1", "v2", 1) + object + "size 1\n",
		"no size":                  first + object,
		"no object":                first + "size 1\n",
		"another hash":             first + "oid sha512:" + sum + "\nsize 1\n",
		"a short hash":             first + "oid sha256:" + sum[1:] + "\nsize 1\n",
		"upper case":               first + "oid sha256:" + strings.ToUpper(sum) + "\nsize 1\n",
		"another order":            first + "size 1\n" + object,
		"a negative size":          first + object + "size -1\n",
		"a size beyond all":        first + object + "size 9999999999999999999\n",
		"a further line":           first + object + "size 1\nnote x\n",
		"text after it":            first + object + "size 1\n\n",
		"no last line break":       first + object + "size 1",
		"line breaks of Windows":   strings.ReplaceAll(first+object+"size 1\n", "\n", "\r\n"),
		"two spaces":               first + "oid  sha256:" + sum + "\nsize 1\n",
		"extensions out of order":  first + "ext-1-b sha256:" + sum + "\next-0-a sha256:" + sum + "\n" + object + "size 1\n",
		"longer than a pointer is": first + strings.Repeat("ext-0-"+strings.Repeat("a", 400)+" sha256:"+sum+"\n", 3) + object + "size 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, ok := lfs.Parse([]byte(text)); ok {
				t.Errorf("it is taken for %+v", p)
			}
		})
	}
}
