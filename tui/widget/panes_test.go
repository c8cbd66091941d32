package widget_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

func TestPanesMoveWhereTheKeysAre(t *testing.T) {
	t.Parallel()
	var p widget.Panes
	details := []string{"a", "b", "c", "d"}
	if first, last := p.Rows(10, 3); first != 0 || last != 3 || p.Height() != 3 {
		t.Fatalf("Rows = %d, %d of height %d", first, last, p.Height())
	}
	p.Details(details, 2)
	p.Move(4, 10)
	if p.List.Cursor != 4 {
		t.Errorf("the cursor is at %d, want 4", p.List.Cursor)
	}
	p.Lower = true
	p.Move(1, 10)
	if diff := cmp.Diff([]string{"b", "c"}, p.Details(details, 2)); diff != "" || p.List.Cursor != 4 {
		t.Errorf("the details did not move, or the list did (%d): %s", p.List.Cursor, diff)
	}
	p.Lower = false
	p.Move(1, 10)
	if diff := cmp.Diff([]string{"a", "b"}, p.Details(details, 2)); diff != "" {
		t.Errorf("the details of another row begin where those of the last one were: %s", diff)
	}
}
