package action

// Far is more lines than any screen holds: a step to the first or the last one.
const Far = 1 << 20

// Motion returns by how many lines an act moves in a list or text of which height lines are seen: negative is up, and 0
// is an act that moves nothing.
func Motion(id ID, height int) int {
	half := max(1, height/2)
	return map[ID]int{Down: 1, Up: -1, PageDown: half, PageUp: -half, First: -Far, Last: Far}[id]
}
