package health

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const judged = `
metadata: {generation: 3, labels: {example.com/state: green}}
spec: {size: 2, paused: true, negative: -1}
status:
  observedGeneration: 2
  phase: Failed
  size: 2
  ready: 1
  ok: false
  empty: ""
  none: []
  nothing: {}
  many: 12
  share: 1.25
  nodes: [{name: a, ready: true}, {name: b, note: late}]
  parents:
  - {name: old, conditions: [{type: Accepted, status: "False", message: outdated, observedGeneration: 2}]}
  - {name: new, conditions: [{type: Accepted, status: "True", message: taken, observedGeneration: 3}]}
  byName: {x: {state: good}, y: {state: bad}}
  conditions:
  - {type: Ready, status: "False", reason: Creating, message: being made, severity: Info, observedGeneration: 3}
  - {type: Synced, status: "True", reason: Done}
`

func TestTests(t *testing.T) {
	t.Parallel()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(judged), &u.Object); err != nil {
		t.Fatal(err)
	}
	u.SetGeneration(3)
	outside := u.DeepCopy() // not read from a cluster
	outside.SetGeneration(0)
	for text, want := range map[string]struct {
		holds bool
		says  string
	}{
		"Ready=False": {true, "being made"}, "Ready=True": {}, "Ready=True|False": {true, "being made"}, "Ready=!False": {},
		"Ready=!True": {true, "being made"}, "Absent=!True": {}, "Ready=*": {true, "being made"}, "Absent=*": {}, "Absent=-": {true, "without condition Absent"}, "Ready=-": {},
		"Ready=False/Creating": {true, "being made"}, "Ready=False/!Creating": {}, "Ready=False@!Info": {}, "Ready=False@Info": {true, "being made"},
		"Ready=False~being made": {true, "being made"}, "Ready=False~!being made": {}, "any=True": {true, "Done"}, "any=Unknown": {},
		".status.parents[].conditions:Accepted=False": {true, "outdated"}, ".status.parents[fresh].conditions:Accepted=False": {},
		".status.parents[fresh].conditions:Accepted=True": {true, "taken"}, ".status.parents[stale]": {true, ""},
		".status.phase": {true, "phase Failed"}, ".status.ok": {}, ".status.empty": {}, ".status.none": {}, ".status.nothing": {}, ".status.nowhere.at.all": {},
		".status.phase=Failed|Error": {true, "phase Failed"}, ".status.phase!=Failed": {}, ".status.absent!=Failed": {true, ""}, ".status.absent=": {},
		".status.empty=": {true, ""}, ".status.ok=false": {true, ""}, ".status.phase^=Fai": {true, "phase Failed"}, ".status.phase^=ail": {},
		".spec.size=.status.size": {true, ""}, ".spec.size!=.status.size": {}, ".status.ready<.spec.size": {true, "ready is 1 of 2"},
		".status.ready>.spec.size": {}, ".status.ready>0": {true, "ready 1"}, ".status.absent>0": {}, ".status.ready<1": {}, ".status.ready<2": {true, "ready 1"},
		".spec.size>.status.ready": {true, ""}, ".spec.size>.status.size": {}, ".status.absent<.spec.size": {true, "absent is 0 of 2"}, ".spec.negative<.status.absent": {true, "negative is -1 of 0"},
		".status.many=12": {true, "many 12"}, ".status.share=1.25": {true, "share 1.25"}, ".spec.paused=true": {true, ""},
		`.metadata.labels."example.com/state"=green`: {true, "example.com/state green"},
		".status.nodes[].ready!=true":                {true, ""}, ".status.byName[].state=bad": {true, "state bad"}, ".status.byName[].state!=good|bad": {},
		"says .status.nodes[].at": {true, ""}, "says .status.nodes[].note": {true, "late"},
		"unobserved": {true, notObserved}, "stale": {}, "else": {true, ""}, "no else": {}, "no Absent=True": {true, ""},
		"Synced=True and Ready=False": {true, "being made"}, "Synced=False and Ready=False": {}, "Ready=True or Synced=True": {true, "Done"},
		"Ready=False and says .status.phase": {true, "Failed"}, "Ready=False and says .status.absent": {true, "being made"},
	} {
		check, err := parseTest(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if says, holds := check(u); holds != want.holds || says != want.says {
			t.Errorf("%s: got %v, %q", text, holds, says)
		}
		if _, holds := check(outside); holds && (text == "unobserved" || text == ".status.parents[stale]") {
			t.Errorf("%s: holds for an object without a generation", text)
		}
	}
}
