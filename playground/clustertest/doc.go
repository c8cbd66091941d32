// Package clustertest holds x.
package clustertest
