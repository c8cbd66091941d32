package action

// Far is more lines than any screen holds: a step to the first or the last one.
const Far = 1 << 20

// Motion returns by how many lines an act moves in a list or text of which height lines are seen: negative is up, and 0
// is an act that moves nothing.
func Motion(id ID, height int) int {
	half := max(1, height/2)
	return map[ID]int{Down: 1, Up: -1, PageDown: half, PageUp: -half, First: -Far, Last: Far}[id]
}

// Scroll returns by how many lines a key moves in a text that has the keys for itself, such as help: as on the screen for
// text.
func Scroll(key string, height int) int {
	a, ok := Find(Text, key)
	if !ok {
		return 0
	}
	return Motion(a.ID, height)
}
