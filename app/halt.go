package app

import "time"

// Halt says that automation is paused in a whole cluster until somebody lets it go on.
type Halt struct {
	// Cluster is the name or server by which the destination that it began with knows the cluster, and Identity the cluster
	// itself, which others may know by another name.
	Cluster  string          `json:"cluster"`
	Identity ClusterIdentity `json:"identity,omitempty"`
	Reason   string          `json:"reason"`
	Since    time.Time       `json:"since"`
}

// Pauses reports whether the cluster of a name and an identity is the one in which automation is paused.
func (h Halt) Pauses(cluster string, id ClusterIdentity) bool {
	return h.Cluster == cluster || h.Identity != "" && h.Identity == id
}
