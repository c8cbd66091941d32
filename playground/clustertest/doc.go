// Package clustertest holds the tests of package kube on a real control plane: what it finds out about a cluster, reads
// from it, writes to it and watches of it, and what it says when it may not.
//
// A test has a namespace of its own, a kube.Cluster of its own, whose memory no other test fills, and a client beside
// it that does by hand what a colleague would and sees what was truly done. All run at the same time.
package clustertest
