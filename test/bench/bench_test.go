package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	// The program that is tested runs itself to render.
	if len(os.Args) > 1 && os.Args[1] == asWorker {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestTheTableIsMeasured(t *testing.T) {
	t.Parallel()
	figures, text := measured(t, "-only", "write,refresh", "-objects", "20", "-many", "30", "-rounds", "1", "-others=false")
	for what, want := range map[string]string{
		"API calls of a refresh of 20 unchanged objects": "0",
		"API calls of a refresh of 30 unchanged objects": "0",
		"API calls after a change of 1 of 30 objects":    "1",
		"API calls after a change of 10 of 30 objects":   "10",
		"API calls after a change of 30 of 30 objects":   "30",
	} {
		if figures[what] != want {
			t.Errorf("%s: %q, want %q", what, figures[what], want)
		}
	}
	for _, what := range []string{
		"20 ConfigMaps from nothing, plan, as a console's",
		"20 Deployments, all changed, approval to last answer, as a command's",
	} {
		if !strings.HasSuffix(figures[what], " ×") {
			t.Errorf("%s: %q is no relation\n%s", what, figures[what], text)
		}
	}
}

// measured runs the program, and returns its figures and the table that they are in.
func measured(t *testing.T, args ...string) (figures map[string]string, text string) {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), args, &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	figures = map[string]string{}
	for line := range strings.Lines(out.String()) {
		if cells := strings.Split(line, "|"); len(cells) == 5 {
			figures[strings.TrimSpace(cells[1])] = strings.TrimSpace(cells[2])
		}
	}
	return figures, out.String()
}

func TestASectionThatIsNotThere(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"-only", "moon"}, t.Output(), t.Output())
	if err == nil || !strings.Contains(err.Error(), `there is no section "moon"; there are: write, refresh, live, memory`) {
		t.Errorf("the error is %v", err)
	}
}

func TestAKindThatIsNotWritten(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"-kind", "Moons"}, t.Output(), t.Output())
	if err == nil || !strings.Contains(err.Error(), "there are: ConfigMaps, Deployments") {
		t.Errorf("the error is %v", err)
	}
}

// TestATurnIsHeldAgainstTheLoopsAroundIt has a server that becomes slower all the time: turns that take twice as long as the loop
// are said to, wherever in the round they come.
func TestATurnIsHeldAgainstTheLoopsAroundIt(t *testing.T) {
	t.Parallel()
	const rounds = 4
	c := compared{}
	now := time.Second
	for round := range rounds {
		var order [turns]*times
		order[placeOf(asCommand, round)], order[placeOf(asConsole, round)], order[placeOf(besideWatch, round)] = &c.oneShot, &c.following, &c.watched
		c.bare = append(c.bare, now)
		for _, took := range order {
			*took = append(*took, 2*(now+time.Second))
			now += 2 * time.Second
			c.bare = append(c.bare, now)
		}
	}
	var tbl table
	tbl.pairs("command", c.oneShot, c.beside(asCommand), "")
	tbl.pairs("console", c.following, c.beside(asConsole), "")
	tbl.pairs("watched", c.watched, c.beside(besideWatch), "")
	for _, r := range tbl.rows {
		if r.figure != "2.00 (2.00–2.00) ×" {
			t.Errorf("%s: %s", r.what, r.figure)
		}
	}
}

func TestQuantilesLieBetweenTheValues(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 1: 4} {
		if got := quantile([]float64{4, 2, 1, 3}, share); got != want {
			t.Errorf("the quantile of %v is %v, want %v", share, got, want)
		}
	}
	if got := (times{}).median(); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestThePlotHoldsItsCurves(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := drawPlot(&out, []point{
		{10_000, footprint{Rest: 50 << 20, Peak: 80 << 20}},
		{100_000, footprint{Rest: 100 << 20, Peak: 250 << 20}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`class="rest" points="119,258 616,204"`, `class="peak" points="119,225 616,40"`, "100,000", "prefers-color-scheme: dark"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the plot lacks %s:\n%s", want, out.String())
		}
	}
	if drawPlot(&out, nil) == nil {
		t.Error("nothing is plotted")
	}
}
