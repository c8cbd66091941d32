package charts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// memory holds what repositories answered, so that many applications of one repository ask it once.
type memory struct {
	flight singleflight.Group
	mu     sync.Mutex
	held   map[string]held
}

type held struct {
	value any
	err   error
	at    time.Time
}

const (
	// failurePause is how long most failures are answered from memory.
	failurePause = 2 * time.Second
	// forgetAfter is how long an answer is kept that nobody asks for anew.
	forgetAfter = time.Hour
	// askTimeout bounds one question to a repository.
	askTimeout = time.Minute
)

// ask returns the answer to a question that is younger than maxAge, or puts it. A caller that gives up does not fail the
// others that wait for the same answer.
func ask[T any](ctx context.Context, m *memory, question string, maxAge time.Duration, put func(context.Context) (T, error)) (T, error) {
	if h, ok := m.young(question, maxAge); ok {
		value, _ := h.value.(T)
		return value, h.err
	}
	ch := m.flight.DoChan(question, func() (any, error) {
		// Another one's question may have been answered since.
		if h, ok := m.young(question, maxAge); ok {
			return h.value, h.err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
		defer cancel()
		value, err := put(ctx)
		m.keep(question, held{value, err, time.Now()})
		return value, err
	})
	select {
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%s: %w", question, ctx.Err())
	case r := <-ch:
		value, _ := r.Val.(T)
		return value, r.Err
	}
}

// young returns the last answer to a question if it is younger than maxAge. A failure serves for its pause, but not whoever
// takes no old answer at all.
func (m *memory) young(question string, maxAge time.Duration) (held, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.held[question]
	age := time.Since(h.at)
	return h, ok && (h.err == nil && age < maxAge || h.err != nil && maxAge > 0 && age < pauseAfter(h.err))
}

// keep keeps an answer, and forgets what is old.
func (m *memory) keep(question string, h held) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held == nil {
		m.held = map[string]held{}
	}
	for q, old := range m.held {
		if h.at.Sub(old.at) > forgetAfter {
			delete(m.held, q)
		}
	}
	m.held[question] = h
}

// last returns the last good answer to a question, however old.
func last[T any](m *memory, question string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.held[question]
	value, is := h.value.(T)
	return value, ok && is && h.err == nil
}

// treesLimit is how many bytes of unpacked archives are kept.
const treesLimit = 64 << 20

// trees keeps unpacked archives by their digest; those that were used least recently leave.
type trees struct {
	flight singleflight.Group
	mu     sync.Mutex
	tick   uint64
	bytes  int64
	held   map[string]*opened
}

type opened struct {
	files *tree
	used  uint64
}

// get returns an archive that was unpacked before, or brings and unpacks it. Those who want the same at once share one
// transfer, and do not share that its caller gave up.
func (t *trees) get(ctx context.Context, key string, open func() (*tree, error)) (*tree, error) {
	if files := t.find(key); files != nil {
		return files, nil
	}
	bring := func() (any, error) {
		files, err := open()
		if err != nil {
			return nil, err
		}
		return t.keep(key, files), nil
	}
	v, err, _ := t.flight.Do(key, bring)
	if err != nil && ctx.Err() == nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		v, err = bring()
	}
	files, _ := v.(*tree)
	return files, err
}

func (t *trees) find(key string) *tree {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tick++
	o, ok := t.held[key]
	if !ok {
		return nil
	}
	o.used = t.tick
	return o.files
}

// keep keeps an unpacked archive, and returns the one that was kept before if there is one.
func (t *trees) keep(key string, files *tree) *tree {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]*opened{}
	}
	if o, ok := t.held[key]; ok {
		return o.files
	}
	t.held[key] = &opened{files, t.tick}
	t.bytes += files.bytes
	for t.bytes > treesLimit && len(t.held) > 1 {
		t.drop()
	}
	return files
}

func (t *trees) drop() {
	oldest := ""
	for key, o := range t.held {
		if oldest == "" || o.used < t.held[oldest].used {
			oldest = key
		}
	}
	t.bytes -= t.held[oldest].files.bytes
	delete(t.held, oldest)
}
