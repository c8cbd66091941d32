package widget

// Panes is a list and, below it, what is known of its selected row. One of the two has the keys. The zero Panes is at
// the first row, with the keys in the list.
type Panes struct {
	List List
	// Lower is true when the details have the keys.
	Lower bool

	details             Scroll
	height              int
	lines, detailHeight int
}

// Height is how many rows of the list are seen, as [Panes.Rows] was told.
func (p *Panes) Height() int { return p.height }

// Move moves by n lines in the pane that has the keys, of a list of so many rows.
func (p *Panes) Move(n, rows int) {
	if p.Lower {
		p.details.Move(n, p.lines, max(1, p.detailHeight))
		return
	}
	p.List.Move(n, rows)
	p.details = Scroll{}
}

// Rows returns the rows from first to last (exclusive) that are seen in a height.
func (p *Panes) Rows(rows, height int) (first, last int) {
	p.height = max(0, height)
	return p.List.Window(rows, p.height)
}

// Details returns the part of the details that is seen in a height.
func (p *Panes) Details(lines []string, height int) []string {
	p.lines, p.detailHeight = len(lines), height
	first, last := p.details.Window(len(lines), height)
	return lines[first:last]
}
