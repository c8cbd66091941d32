package app

import "fmt"

// Role says what a Principal may do. The zero Role may only look.
type Role int

// The roles, each of which may do everything that those before it may.
const (
	Viewer Role = iota
	Operator
	Admin
)

// String returns the role's name.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Operator:
		return "operator"
	case Admin:
		return "admin"
	default:
		return fmt.Sprintf("Role(%d)", int(r))
	}
}

// Principal is who acts: a person at a console or a command, or the automation of a process.
type Principal struct {
	// Name is shown in history, such as "ada@bastion" or "automation".
	Name string
	Role Role
	// Automated is true when no person asked for the act.
	Automated bool
	// Denied says why the role is lower than usual, such as "started with --role operator"; empty otherwise.
	Denied string
}
