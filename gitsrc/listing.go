package gitsrc

import (
	"context"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
)

// listing is what a repository answered when its references were listed.
type listing struct {
	refs map[string]string
	head string
	at   time.Time
	err  error
}

// failurePause is how long a failed listing is answered from memory, so that many applications of a repository that is
// down ask it once.
const failurePause = 2 * time.Second

// forget drops what is known of the references of a repository, so that it is asked anew.
func (f *Fetcher) forget(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.listed, url)
}

// list lists the references of a repository.
func (f *Fetcher) list(ctx context.Context, url string, maxAge time.Duration) (listing, error) {
	f.mu.Lock()
	l, ok := f.listed[url]
	f.mu.Unlock()
	age := time.Since(l.at)
	if ok && (l.err == nil && age < maxAge || l.err != nil && age < failurePause) {
		return l, l.err
	}
	// A caller that gives up must not fail the others that wait for the same answer.
	ch := f.flight.DoChan(url, func() (any, error) {
		fresh := f.ask(context.WithoutCancel(ctx), url)
		f.mu.Lock()
		f.listed[url] = fresh
		f.mu.Unlock()
		return fresh, fresh.err
	})
	select {
	case <-ctx.Done():
		return listing{}, fmt.Errorf("list references of %s: %w", clean(url), ctx.Err())
	case r := <-ch:
		fresh, _ := r.Val.(listing)
		return fresh, r.Err
	}
}

// listTimeout bounds one listing of references.
const listTimeout = 30 * time.Second

func (f *Fetcher) ask(ctx context.Context, url string) listing {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	l := listing{at: time.Now(), refs: map[string]string{}}
	in, err := f.access(url)
	if err != nil {
		l.err = err
		return l
	}
	remote := git.NewRemote(nil, &config.RemoteConfig{Name: "origin", URLs: []string{url}})
	refs, err := remote.ListContext(ctx, &git.ListOptions{
		Auth: in.auth, ProxyOptions: in.proxy, PeelingOption: git.AppendPeeled,
	})
	if err != nil {
		l.err = explain("list references", url, err)
		return l
	}
	for _, r := range refs {
		switch {
		case r.Type() == plumbing.SymbolicReference && r.Name() == plumbing.HEAD:
			l.head = r.Target().String()
		case r.Type() == plumbing.HashReference:
			l.refs[r.Name().String()] = r.Hash().String()
		}
	}
	return l
}
