package widget

// List is a cursor over rows and the part of them that is seen. The zero List is at the first row.
type List struct {
	Cursor, Offset int
}

// Move moves the cursor by n rows and stays within the rows.
func (l *List) Move(n, rows int) { l.To(l.Cursor+n, rows) }

// To sets the cursor.
func (l *List) To(i, rows int) { l.Cursor = max(0, min(i, rows-1)) }

// Window returns the rows from first to last (exclusive) that are seen in a height, and keeps the cursor among them.
func (l *List) Window(rows, height int) (first, last int) {
	l.Cursor = max(0, min(l.Cursor, rows-1))
	if l.Cursor < l.Offset {
		l.Offset = l.Cursor
	}
	if l.Cursor >= l.Offset+height {
		l.Offset = l.Cursor - height + 1
	}
	l.Offset = max(0, min(l.Offset, rows-height))
	return l.Offset, min(rows, l.Offset+max(0, height))
}

// Scroll is a position in a text. The zero Scroll is at its beginning.
type Scroll struct{ Top int }

// Move scrolls by n lines.
func (s *Scroll) Move(n, lines, height int) { s.To(s.Top+n, lines, height) }

// To scrolls to a line.
func (s *Scroll) To(line, lines, height int) { s.Top = max(0, min(line, lines-height)) }

// Window returns the lines that are seen.
func (s *Scroll) Window(lines, height int) (first, last int) {
	s.Top = max(0, min(s.Top, lines-height))
	return s.Top, min(lines, s.Top+max(0, height))
}
