package written_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/test/conformance/written"
)

const head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"

func TestWhatTestsWriteIsRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []written.Fixture
	}{
		"files, constants and helpers": {
			`const more = "b" + "c"
			func base(th kusttest_test.Harness) { th.WriteF("base/x.yaml", more) }
			func TestA(t *testing.T) {
				th := kusttest_test.MakeHarness(t)
				th.WriteK("/app", "resources: []")
				base(th)
				m := th.Run("/app", th.MakeDefaultOptions())
				th.AssertActualEqualsExpected(m, "")
			}`,
			[]written.Fixture{{Name: "TestA", Dir: "app", Files: map[string]string{"app/kustomization.yaml": head + "resources: []", "base/x.yaml": "bc"}}},
		},
		"a table": {
			`func write(path, text string) FileGen { return func(th kusttest_test.Harness) { th.WriteF(path, text) } }
			func TestA(t *testing.T) {
				for name, tc := range map[string]struct{ in []FileGen; dir string }{
					"one": {in: []FileGen{write("a", "1")}, dir: "."},
					"two": {in: []FileGen{write("b", "2")}, dir: "."},
				} {
					t.Run(name, func(t *testing.T) {
						th := kusttest_test.MakeHarness(t)
						for _, f := range tc.in {
							f(th)
						}
						if err := th.RunWithErr(tc.dir, o); err != nil {
							t.Fatal(err)
						}
					})
				}
			}`,
			[]written.Fixture{{Name: "TestA", Dir: ".", Files: map[string]string{"a": "1"}}, {Name: "TestA-2", Dir: ".", Files: map[string]string{"b": "2"}}},
		},
		"a file system of its own": {
			`func TestA(t *testing.T) {
				f := filesys.MakeFsInMemory()
				_ = f.WriteFile("x", []byte("1"))
				_, err := krusty.MakeKustomizer(o).Run(f, "deep/er")
			}`,
			[]written.Fixture{{Name: "TestA", Dir: "deep/er", Files: map[string]string{"x": "1"}}},
		},
		"what is computed gives no fixture": {
			`func TestA(t *testing.T) {
				th := kusttest_test.MakeHarness(t)
				th.WriteF("x", strings.Repeat("y", 3))
				th.Run(".", o)
			}`,
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a_test.go"), []byte("package a\n"+c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := written.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}
