package action

// The acts.
const (
	Down       ID = "down"
	Up         ID = "up"
	First      ID = "first"
	Last       ID = "last"
	PageDown   ID = "page-down"
	PageUp     ID = "page-up"
	Left       ID = "left"
	Right      ID = "right"
	Enter      ID = "open"
	Back       ID = "back"
	Quit       ID = "quit"
	Help       ID = "help"
	Palette    ID = "palette"
	Messages   ID = "messages"
	Theme      ID = "theme"
	Filter     ID = "filter"
	Next       ID = "next"
	Previous   ID = "previous"
	Pane       ID = "pane"
	Refresh    ID = "refresh"
	Anew       ID = "hard-refresh"
	PlanSync   ID = "sync"
	Compare    ID = "diff"
	YAML       ID = "yaml"
	EditValues ID = "values"
	Records    ID = "history"
	Rollback   ID = "rollback"
	Explain    ID = "explain"
	Pin        ID = "pin"
	Unpin      ID = "unpin"
	Pause      ID = "pause"
	Automation ID = "automation"
	Actions    ID = "actions"
	Undo       ID = "undo"
	Resume     ID = "resume"
	Remove     ID = "delete"
	Logs       ID = "logs"
	Events     ID = "events"
	Attention  ID = "attention"
	Sort       ID = "sort"
	Reverse    ID = "reverse"
	Split      ID = "split"
	Less       ID = "less-context"
	More       ID = "more-context"
	Wrap       ID = "wrap"
	Copy       ID = "copy"
	Apply      ID = "apply"
	Leave      ID = "leave-out"
	Mark       ID = "mark"
	Prune      ID = "prune"
	Orphan     ID = "keep-objects"
	Adopt      ID = "adopt"
	TakeOver   ID = "take-over"
	Force      ID = "force"
	Terminate  ID = "terminate"
	SkipHook   ID = "skip-hook"
	Keep       ID = "keep-override"
	Commit     ID = "commit"
	CommitToo  ID = "commit-too"
	PlanEdit   ID = "plan-values"
)

var reading = []Screen{Apps, Detail, Diff, Plan, History, Text}

// Table returns every act of the console. The caller does not change it.
func Table() []Action { return table }

var table = []Action{
	{ID: Down, Keys: []string{"j", "down"}, Title: "down", Help: "Move down.", Screens: reading},
	{ID: Up, Keys: []string{"k", "up"}, Title: "up", Help: "Move up.", Screens: reading},
	{ID: First, Keys: []string{"g", "home"}, Title: "first", Help: "Go to the first line.", Screens: reading},
	{ID: Last, Keys: []string{"G", "end"}, Title: "last", Help: "Go to the last line.", Screens: reading},
	{ID: PageDown, Keys: []string{"ctrl+d", "pgdown"}, Title: "half page down", Help: "Move half a page down.", Screens: reading},
	{ID: PageUp, Keys: []string{"ctrl+u", "pgup"}, Title: "half page up", Help: "Move half a page up.", Screens: reading},
	{
		ID: Left, Keys: []string{"h", "left"}, Title: "fold", Help: "Fold the object's children, or go to its parent.",
		Screens: []Screen{Detail},
	},
	{ID: Right, Keys: []string{"l", "right"}, Title: "unfold", Help: "Unfold the object's children.", Screens: []Screen{Detail}},
	{
		ID: Enter, Keys: []string{"enter"}, Title: "open", Help: "Open what is under the cursor.",
		Screens: []Screen{Apps, Detail, Plan}, Footer: true,
	},
	{
		ID: Rollback, Keys: []string{"enter"}, Title: "plan rollback", Danger: Read, Screens: []Screen{History}, Footer: true,
		Help: "Plan the way back to the record under the cursor. Nothing is written before the plan is applied.",
	},

	{
		ID: PlanSync, Keys: []string{"s"}, Title: "sync", Danger: Open, Screens: []Screen{Apps, Detail, Diff}, Footer: true,
		Help: "Plan a sync: shows every step, checked by the server, before anything is written.",
	},
	{
		ID: Apply, Keys: []string{"S"}, Title: "apply this plan", Danger: Write, Screens: []Screen{Plan}, Footer: true,
		Help: "Carry out the plan exactly as it is on the screen. Guarded steps are asked about one by one, by their name.",
	},
	{
		ID: Leave, Keys: []string{"space"}, Title: "leave step out", Screens: []Screen{Plan}, Footer: true,
		Help: "Leave the step under the cursor out of the plan, or take it in again.",
	},
	{
		ID: Prune, Keys: []string{"P"}, Title: "prune", Danger: Read, Screens: []Screen{Plan}, Footer: true,
		Help: "Plan again with, or without, deleting what git no longer has.",
	},
	{
		ID: Adopt, Keys: []string{"M"}, Title: "take over", Danger: Read, Screens: []Screen{Plan},
		Help: "Plan again with, or without, taking over objects that another store or application has marked.",
	},
	{
		ID: Force, Keys: []string{"F"}, Title: "replace", Danger: Read, Screens: []Screen{Plan},
		Help: "Plan again with, or without, replacing objects whose change the server refuses as immutable.",
	},
	{
		ID: Orphan, Keys: []string{"O"}, Title: "keep objects", Danger: Read, Screens: []Screen{Plan},
		Help: "In the plan of a deletion: forget the application and leave its objects in the cluster; again, take its mark off them; again, delete them.",
	},
	{
		ID: CommitToo, Keys: []string{"ctrl+g"}, Title: "commit too", Danger: Open, Screens: []Screen{Plan},
		Help: "In the plan of a rollback: restore the application's paths in git as well, as one commit; asks for message and branch. Again to leave it out.",
	},
	{
		ID: Terminate, Keys: []string{"X"}, Title: "terminate", Danger: Open, Screens: []Screen{Apps, Detail, Plan},
		Help: "End the running operation of the application, after a question. What was written stays written.",
	},
	{
		ID: SkipHook, Keys: []string{"H"}, Title: "skip hook", Danger: Open, Screens: []Screen{Detail, Plan},
		Help: "Have the running operation go on without the end of a hook; asks for the reason. The hook itself goes on.",
	},
	{
		ID: TakeOver, Keys: []string{"t"}, Title: "take over fields", Danger: Open, Screens: []Screen{Diff},
		Help: "Plan a sync that takes over the fields that somebody wrote and git does not name, which removes them; asks whose.",
	},
	{
		ID: Compare, Keys: []string{"d"}, Title: "diff", Danger: Read, Screens: []Screen{Apps, Detail, History}, Footer: true,
		Help: "Compare live with what the server predicts; in the history, a record with the marked one, or with the one before it.",
	},
	{
		ID: Explain, Keys: []string{"i"}, Title: "why", Danger: Read, Screens: []Screen{Apps, Detail}, Footer: true,
		Help: "Lead from the application's state to its first cause: what differs, the worst object, its events and last lines.",
	},
	{
		ID: Mark, Keys: []string{"space"}, Title: "mark", Screens: []Screen{History}, Footer: true,
		Help: "Mark the record under the cursor, to compare another one with it, or take the mark away.",
	},
	{
		ID: EditValues, Keys: []string{"e"}, Title: "values", Danger: Open, Screens: []Screen{Apps, Detail}, Footer: true,
		Help: "Edit the application's values, with what they would change in the cluster beside them.",
	},
	{
		ID: Records, Keys: []string{"R"}, Title: "history", Danger: Open, Screens: []Screen{Apps, Detail}, Footer: true,
		Help: "Open the history, from which a rollback is planned.",
	},
	{
		ID: Actions, Keys: []string{"a"}, Title: "actions", Danger: Open, Screens: []Screen{Detail}, Footer: true,
		Help: "List what can be done to the object under the cursor: restart, scale, suspend, delete and so on.",
	},
	{
		ID: Undo, Keys: []string{"u"}, Title: "undo", Danger: Open, Screens: []Screen{Apps, Detail, History},
		Help: "Plan the way back to the state before the last operation, finished or interrupted.",
	},
	{
		ID: Resume, Keys: []string{"C"}, Title: "continue", Danger: Open, Screens: []Screen{Apps, Detail},
		Help: "Plan the rest of an operation whose process died or stood still, as it was approved. Hooks that have run are not run again.",
	},
	{
		ID: Pin, Keys: []string{"K"}, Title: "pin", Danger: Open, Screens: []Screen{Apps, Detail},
		Help: "Hold the application at what its last operation left: nothing syncs or heals it. It asks for the reason.",
	},
	{
		ID: Unpin, Keys: []string{"U"}, Title: "unpin", Danger: Open, Screens: []Screen{Apps, Detail, History},
		Help: "Let an application that a rollback pinned follow git again, after a question.",
	},
	{
		ID: Automation, Keys: []string{"A"}, Title: "auto-sync", Danger: Open, Screens: []Screen{Apps, Detail},
		Help: "Switch automatic syncs of the application on or off, after a question.",
	},
	{
		ID: Pause, Keys: []string{"Z"}, Title: "pause automation", Danger: Open, Screens: []Screen{Apps, Detail},
		Help: "Have automation leave the application alone for a time, or end such a pause or that of the whole cluster, after a question.",
	},
	{
		ID: Remove, Keys: []string{"x"}, Title: "delete", Danger: Open, Screens: []Screen{Apps, Detail},
		Help: "Plan the deletion of the application with its objects. Carrying it out asks for the application's name.",
	},
	{
		ID: YAML, Keys: []string{"y"}, Title: "YAML", Danger: Read, Screens: []Screen{Apps, Detail, Plan},
		Help: "Show the application, the object or the step under the cursor as YAML. Data of Secrets is masked.",
	},
	{ID: Logs, Keys: []string{"L"}, Title: "logs", Danger: Read, Screens: []Screen{Detail}, Help: "Show the last lines that the containers of a Pod wrote."},
	{ID: Events, Keys: []string{"E"}, Title: "events", Danger: Read, Screens: []Screen{Detail}, Help: "Show the cluster's events about the object."},
	{
		ID: Refresh, Keys: []string{"ctrl+r"}, Title: "refresh", Danger: Read, Screens: reading,
		Help: "Ask git and the cluster again.",
	},
	{
		ID: Anew, Keys: []string{"ctrl+l"}, Title: "hard refresh", Danger: Read, Screens: []Screen{Apps, Detail},
		Help: "Ask again, and render anew with what lies outside of the application's manifest-generate-paths.",
	},

	{
		ID: Keep, Keys: []string{"ctrl+s"}, Title: "keep as override", Danger: Write, Screens: []Screen{Values}, Footer: true,
		Help: "Keep the edited values in the application, as the smallest override of what git has.",
	},
	{
		ID: Commit, Keys: []string{"ctrl+g"}, Title: "commit and push", Danger: Open, Screens: []Screen{Values}, Footer: true,
		Help: "Commit the edited values file to git and push it; asks for the message first.",
	},
	{
		ID: PlanEdit, Keys: []string{"ctrl+p"}, Title: "keep and plan", Danger: Write, Screens: []Screen{Values}, Footer: true,
		Help: "Keep the edited values as an override and open the plan of the sync that they ask for.",
	},

	{ID: Filter, Keys: []string{"/"}, Title: "filter", Help: "Show only lines that contain a text; in a text or a diff, search.", Screens: []Screen{Apps, Detail, Diff, Text}, Footer: true},
	{ID: Next, Keys: []string{"n"}, Title: "next", Help: "Go to the next change or match.", Screens: []Screen{Diff, Text}},
	{ID: Previous, Keys: []string{"N"}, Title: "previous", Help: "Go to the change or match before.", Screens: []Screen{Diff, Text}},
	{ID: Attention, Keys: []string{"f"}, Title: "attention", Help: "Show only what is not healthy and synced, or everything again.", Screens: []Screen{Apps, Detail}},
	{ID: Sort, Keys: []string{"o"}, Title: "sort", Help: "Sort by the next column.", Screens: []Screen{Apps}},
	{ID: Reverse, Keys: []string{"r"}, Title: "reverse", Help: "Turn the order round.", Screens: []Screen{Apps}},
	{ID: Pane, Keys: []string{"tab"}, Title: "other pane", Help: "Give the keys to the other pane.", Screens: []Screen{Plan, Values, History}},
	{ID: Split, Keys: []string{"|"}, Title: "side by side", Help: "Show differences side by side or in one column.", Screens: []Screen{Diff}},
	{ID: Less, Keys: []string{"{"}, Title: "less context", Help: "Show fewer unchanged lines around differences.", Screens: []Screen{Diff}},
	{ID: More, Keys: []string{"}"}, Title: "more context", Help: "Show more unchanged lines around differences.", Screens: []Screen{Diff}},
	{ID: Wrap, Keys: []string{"w"}, Title: "wrap", Help: "Wrap long lines, or cut them.", Screens: []Screen{Text}},
	{ID: Copy, Keys: []string{"c"}, Title: "copy", Help: "Send the text, or the name of what is under the cursor, to the terminal's clipboard.", Screens: []Screen{Apps, Detail, Diff, Text}},

	{ID: Back, Keys: []string{"esc"}, Title: "back", Help: "Go one level back. It never quits and never confirms.", Footer: true},
	{ID: Palette, Keys: []string{":"}, Title: "command", Help: "Find an application or an act by its name.", Screens: reading, Footer: true},
	{ID: Messages, Keys: []string{"@"}, Title: "messages", Help: "Read the messages of this console in full.", Screens: reading},
	{ID: Theme, Keys: []string{"T"}, Title: "theme", Help: "Take the next colour theme.", Screens: reading},
	{ID: Help, Keys: []string{"?", "f1"}, Title: "help", Help: "Show the keys of this screen.", Footer: true},
	{ID: Quit, Keys: []string{"q", "ctrl+c"}, Title: "quit", Help: "Quit on the first screen, elsewhere go back. It asks while an operation of this console runs."},
}
