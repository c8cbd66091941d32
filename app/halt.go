package app

import "time"

// Halt says that automation is paused in a whole cluster until somebody lets it go on.
type Halt struct {
	// Cluster is the name or server by which destinations know the cluster.
	Cluster string    `json:"cluster"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
}
