package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// table collects the figures.
type table struct{ rows []row }

// row is one figure: what was measured, what came out, what it must reach.
type row struct{ what, figure, goal string }

func (t *table) add(what, figure, goal string) { t.rows = append(t.rows, row{what, figure, goal}) }

// ratio adds the relation of two medians.
func (t *table) ratio(what string, took, bare times) {
	t.add(what, fmt.Sprintf("%.2f ×", float64(took.median())/float64(bare.median())), "")
}

// pairs adds the median of the relations of each time to another one, and where the middle half of them lies.
func (t *table) pairs(what string, took, beside times, goal string) {
	relations := make([]float64, len(took))
	for i := range took {
		relations[i] = float64(took[i]) / float64(beside[i])
	}
	t.add(what, fmt.Sprintf("%.2f (%.2f–%.2f) ×", quantile(relations, 0.5), quantile(relations, 0.25), quantile(relations, 0.75)), goal)
}

// print writes the table in the form that documents have it in.
func (t *table) print(w io.Writer) error {
	all := append([]row{{"what", "measured", "goal"}}, t.rows...)
	var width [3]int
	for _, r := range all {
		for i, cell := range r.cells() {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for n, r := range all {
		var line strings.Builder
		for i, cell := range r.cells() {
			fmt.Fprintf(&line, "| %s%s ", cell, strings.Repeat(" ", width[i]-len([]rune(cell))))
		}
		if _, err := fmt.Fprintln(w, line.String()+"|"); err != nil {
			return err
		}
		if n == 0 {
			fmt.Fprintf(w, "|%s|%s|%s|\n", strings.Repeat("-", width[0]+2), strings.Repeat("-", width[1]+2), strings.Repeat("-", width[2]+2))
		}
	}
	return nil
}

func (r row) cells() [3]string { return [3]string{r.what, r.figure, r.goal} }

// times are the times of one thing in several rounds.
type times []time.Duration

// timed measures one more round.
func (t *times) timed(f func() error) error {
	begun := time.Now()
	if err := f(); err != nil {
		return err
	}
	*t = append(*t, time.Since(begun))
	return nil
}

func (t times) median() time.Duration { return t.quantile(0.5) }

// quantile returns the time that a share of the rounds did not exceed.
func (t times) quantile(share float64) time.Duration { return quantile(t, share) }

// quantile returns the value that a share of the values does not exceed, the mean of two between them; 0 where there are none.
func quantile[T ~int64 | ~float64](values []T, share float64) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + T((at-float64(low))*float64(sorted[high]-sorted[low]))
}
