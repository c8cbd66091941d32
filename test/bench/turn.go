package main

import "context"

// compared are the times of one act: as a bare loop, as a bare loop while somebody watches the kind, by an engine that is
// opened for it as a command's is, and by one that follows the cluster as a console's does. Whole is a command's with what an
// operation has to do before its first and after its last answer.
type compared struct{ bare, watched, oneShot, following, whole times }

// The turns that come between two of the bare loop.
const (
	asCommand = iota
	asConsole
	besideWatch

	turns
)

// beside returns, for every round, what the bare loop took around one of the turns: the mean of the time before and of that after.
func (c *compared) beside(turn int) times {
	var out times
	for round := range len(c.bare) / (turns + 1) {
		at := round*(turns+1) + placeOf(turn, round)
		out = append(out, (c.bare[at]+c.bare[at+1])/2)
	}
	return out
}

// placeOf is where in a round a turn comes: another one is first each time.
func placeOf(turn, round int) int { return (turn + round) % turns }

func (c *compared) of(follow bool) *times {
	if follow {
		return &c.following
	}
	return &c.oneShot
}

func (c *compared) loop(watched bool) *times {
	if watched {
		return &c.watched
	}
	return &c.bare
}

// takeTurns gives the engines and the loop beside a watch their turns, each round another one first. Before and after each the bare
// loop has its own, so that everything is held against what the server could do at about the same time.
func (w *writes) takeTurns(ctx context.Context, round int, loop func(watched bool) error, engine func(follow bool) error) error {
	var order [turns]func() error
	order[placeOf(asCommand, round)] = func() error { return engine(false) }
	order[placeOf(asConsole, round)] = func() error { return engine(true) }
	order[placeOf(besideWatch, round)] = func() error { return w.loop.beside(ctx, func() error { return loop(true) }) }
	if err := loop(false); err != nil {
		return err
	}
	for _, turn := range order {
		if err := turn(); err != nil {
			return err
		}
		if err := loop(false); err != nil {
			return err
		}
	}
	return nil
}
