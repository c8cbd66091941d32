package kube

import "k8s.io/apimachinery/pkg/types"

// endsKept bounds how many ends are remembered: an answer is late by moments, not by thousands of deletions.
const endsKept = 1024

// ends remembers the objects that were last deleted, by their UIDs. The zero ends is empty.
type ends struct {
	ring [endsKept]types.UID
	next int
	set  map[types.UID]struct{}
}

func (e *ends) add(uid types.UID) {
	if e.has(uid) || uid == "" {
		return
	}
	if e.set == nil {
		e.set = map[types.UID]struct{}{}
	}
	delete(e.set, e.ring[e.next])
	e.ring[e.next] = uid
	e.next = (e.next + 1) % endsKept
	e.set[uid] = struct{}{}
}

func (e *ends) has(uid types.UID) bool {
	_, ok := e.set[uid]
	return ok
}
