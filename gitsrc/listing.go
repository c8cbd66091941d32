package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
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
}

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

// list lists the references of a repository, when no answer in memory is young enough.
func (f *Fetcher) list(ctx context.Context, url string, maxAge time.Duration) (listing, error) {
	f.mu.Lock()
	l, ok := f.listed[url]
	f.mu.Unlock()
	age := time.Since(l.at)
	if ok && l.err == nil && age < maxAge {
		return l, nil
	}
	if wait := l.pause() - age; ok && l.err != nil && wait > 0 && (maxAge > 0 || age < failurePause) {
		return l, l.err
	}
	known := ok && l.err == nil
	for {
		fresh, err := f.shareListing(ctx, url, maxAge, known)
		switch {
		case !errors.Is(err, errLater):
			return fresh, err
		case known && maxAge > patience:
			return l, nil
		}
		// The answer is that of somebody who would not wait.
	}
}

// shareListing asks a repository, once for all who want to know at a time. A caller that gives up does not fail the others.
func (f *Fetcher) shareListing(ctx context.Context, url string, maxAge time.Duration, known bool) (listing, error) {
	ch := f.flight.DoChan(url, func() (any, error) {
		// Another one's listing may have come since.
		f.mu.Lock()
		last, ok := f.listed[url]
		f.mu.Unlock()
		if ok && last.err == nil && time.Since(last.at) < maxAge {
			return last, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTimeout)
		defer cancel()
		if err := f.turn(ctx, url, maxAge, known); err != nil {
			return listing{}, fmt.Errorf("list references of %s: %w", app.ShownURL(url), err)
		}
		fresh := f.ask(context.WithoutCancel(ctx), url)
		f.mu.Lock()
		if fresh.err != nil {
			fresh.failures = f.listed[url].failures + 1
		}
		f.listed[url] = fresh
		f.mu.Unlock()
		return fresh, fresh.err
	})
	select {
	case <-ctx.Done():
		return listing{}, fmt.Errorf("list references of %s: %w", app.ShownURL(url), ctx.Err())
	case r := <-ch:
		fresh, _ := r.Val.(listing)
		return fresh, r.Err
	}
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
	if isWeb(raw) {
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
	l := listing{at: time.Now()}
	err := f.withHelper(ctx, url, func() (err error) {
		if f.opts.ThroughGit(url) {
			l.refs, l.head, err = f.listThrough(ctx, url)
		} else {
			l.refs, l.head, err = f.listByGoGit(ctx, url)
		}
		return err
	})
	if err != nil {
		l.err = explain("list references", url, err)
	}
	return l
}

func (f *Fetcher) listByGoGit(ctx context.Context, url string) (map[string]string, string, error) {
	in, err := f.access(ctx, url)
	if err != nil {
		return nil, "", err
	}
	remote := git.NewRemote(nil, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	list, err := remote.ListContext(ctx, &git.ListOptions{
		Auth: in.auth, ProxyOptions: in.proxy, PeelingOption: git.AppendPeeled,
	})
	if err != nil {
		return nil, "", err
	}
	refs, head := map[string]string{}, ""
	for _, r := range list {
		switch {
		case r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD:
			head = r.Target().String()
		case r.Type() == plumbing.HashReference:
			refs[r.Name().String()] = r.Hash().String()
		}
	}
	return refs, head, nil
}
