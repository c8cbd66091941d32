package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// listing is what a repository answered when its references were listed.
type listing struct {
	refs map[string]string
	head string
	at   time.Time
	err  error
	// failures counts the listings in a row that failed.
	failures int
	// names are the references beside branches and tags that were asked for; whole says that all came unasked.
	names []string
	whole bool
}

// covers reports whether the listing says of a reference whether it is there.
func (l listing) covers(name string) bool {
	return !apart(name) || l.whole || slices.Contains(l.names, name)
}

// apart reports whether a revision is the full name of a reference that is neither branch nor tag.
func apart(rev string) bool {
	return strings.HasPrefix(rev, "refs/") && !strings.HasPrefix(rev, "refs/heads/") && !strings.HasPrefix(rev, "refs/tags/") &&
		plumbing.ReferenceName(rev).Validate() == nil
}

// namedFor is how long a reference beside branches and tags is asked for after somebody last wanted it.
const namedFor = time.Hour

// A repository that could not be listed is asked again after the first pause, then after twice that, up to the last: many
// applications of a repository that is down ask it once. Whoever accepts no old answer asks at once, but for the first
// pause.
const (
	failurePause    = 2 * time.Second
	failurePauseMax = 5 * time.Minute
)

// patience is the age of answers above which a caller rather takes an older answer than wait until the host may be
// asked: those who look at regular times do, and those who are about to act do not.
const patience = time.Second

// pause is how long a failure is answered from memory.
func (l listing) pause() time.Duration { return pauseAfter(l.failures) }

func pauseAfter(failures int) time.Duration {
	pause := failurePause
	for range failures - 1 {
		if pause *= 2; pause > failurePauseMax {
			return failurePauseMax
		}
	}
	return pause
}

// outdate makes what is known of the references of a repository too old for everybody.
func (f *Fetcher) outdate(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l, ok := f.listed[url]; ok {
		l.at = time.Time{}
		f.listed[url] = l
	}
}

// namedOf returns the references beside branches and tags that somebody wants to know of, in order.
func (f *Fetcher) namedOf(url string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.named[url], func(_ string, at time.Time) bool { return time.Since(at) > namedFor })
	return slices.Sorted(maps.Keys(f.named[url]))
}

// fetchedApart are the references beside branches and tags that are fetched with them.
func (f *Fetcher) fetchedApart(url string) []string {
	names := f.namedOf(url)
	f.mu.Lock()
	defer f.mu.Unlock()
	var specs []string
	for _, name := range names {
		if _, ok := f.listed[url].refs[name]; ok {
			specs = append(specs, "+"+name+":"+name)
		}
	}
	return specs
}

// list lists the references of a repository, when no answer in memory is young enough or tells of the revision.
func (f *Fetcher) list(ctx context.Context, url, rev string, maxAge time.Duration) (listing, error) {
	f.mu.Lock()
	if apart(rev) {
		if f.named[url] == nil {
			f.named[url] = map[string]time.Time{}
		}
		f.named[url][rev] = time.Now()
	}
	l, ok := f.listed[url]
	f.mu.Unlock()
	age := time.Since(l.at)
	known := ok && l.err == nil && l.covers(rev)
	if known && age < maxAge {
		return l, nil
	}
	if wait := l.pause() - age; ok && l.err != nil && wait > 0 && (maxAge > 0 || age < failurePause) {
		return l, l.err
	}
	for {
		fresh, err := f.shareListing(ctx, url, rev, maxAge, known)
		switch {
		case !errors.Is(err, errLater) && (err != nil || fresh.covers(rev)):
			return fresh, err
		case known && maxAge > patience:
			return l, nil
		}
		// The answer is that of somebody who would not wait, or who wanted other references.
	}
}

// shareListing asks a repository, once for all who want to know at a time. A caller that gives up does not fail the others; what all
// have given up is not remembered as a failure.
func (f *Fetcher) shareListing(ctx context.Context, url, rev string, maxAge time.Duration, known bool) (listing, error) {
	v, err := f.shared.do(ctx, url, func(ctx context.Context) (any, error) {
		// Another one's listing may have come since.
		f.mu.Lock()
		last, ok := f.listed[url]
		f.mu.Unlock()
		if ok && last.err == nil && last.covers(rev) && time.Since(last.at) < maxAge {
			return last, nil
		}
		soon, cancel := context.WithTimeout(ctx, turnTimeout)
		defer cancel()
		if err := f.turn(soon, url, maxAge, known); err != nil {
			return listing{}, fmt.Errorf("list references of %s: %w", app.ShownURL(url), err)
		}
		fresh := f.ask(ctx, url)
		if ctx.Err() != nil {
			return fresh, ctx.Err()
		}
		f.mu.Lock()
		if fresh.err != nil {
			fresh.failures = f.listed[url].failures + 1
		}
		f.listed[url] = fresh
		f.mu.Unlock()
		return fresh, fresh.err
	})
	if ctx.Err() != nil {
		return listing{}, fmt.Errorf("list references of %s: %w", app.ShownURL(url), ctx.Err())
	}
	fresh, _ := v.(listing)
	return fresh, err
}

// turnTimeout bounds the time in which a host's budget must have room.
const turnTimeout = time.Minute

// errLater says that a host may not be asked yet, and that there is an older answer.
var errLater = errors.New("it is not asked yet")

// turn takes one ask of a host out of its budget. Who accepts no old answer does not wait for one.
func (f *Fetcher) turn(ctx context.Context, url string, maxAge time.Duration, known bool) error {
	name := hostName(url)
	switch {
	case f.clients.budget.take(name), maxAge <= 0:
		return nil
	case known && maxAge > patience:
		return errLater
	}
	return f.clients.budget.wait(ctx, name)
}

// hostName is the host of a URL of any form, as the budget names it; empty for a folder.
func hostName(raw string) string {
	if isWeb(raw) || isDaemon(raw) {
		return hostOf(raw)
	}
	if at, err := sshAddress(raw); isSSH(raw) && err == nil {
		return at.address
	}
	return ""
}

// listTimeout bounds one listing of references.
const listTimeout = 30 * time.Second

func (f *Fetcher) ask(ctx context.Context, url string) listing {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	at, names := time.Now(), f.namedOf(url)
	l := listing{}
	err := f.withHelper(ctx, url, func() (err error) {
		if f.opts.ThroughGit(url) {
			l, err = f.listThrough(ctx, url, names)
		} else {
			l, err = f.listDirectly(ctx, url, names)
		}
		return err
	})
	l.at, l.names = at, names
	if err != nil {
		l.err = explain("list references", url, err)
	}
	return l
}
