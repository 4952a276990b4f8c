import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arranged,
  identified,
  readArrangement,
  withHidden,
  withMove,
  withPin,
} from "../../static/js/timeline/arrangement.js";

const NOTHING = readArrangement("");

function groups(names = ["a", "b", "c"], key = "g") {
  return [
    {
      key,
      name: "G",
      lanes: identified(
        key,
        names.map((name) => ({ name })),
      ),
    },
  ];
}

const idOf = (shown, name) => shown.flatMap(({ lanes }) => lanes).find((lane) => lane.name === name).id;
const namesOf = (shown) => shown.map(({ name, lanes }) => [name, lanes.map((lane) => lane.name).join("")]);

test("a pinned lane stands above, in its place no more, and goes back", () => {
  const all = groups();
  const pinned = withPin(NOTHING, idOf(all, "b"));
  assert.deepEqual(namesOf(arranged(all, pinned)), [
    ["Pinned", "b"],
    ["G", "ac"],
  ]);
  assert.deepEqual(namesOf(arranged(all, withPin(pinned, idOf(all, "b")))), [["G", "abc"]]);
});

test("a hidden lane is left out, pinned or not, unless the address needs it", () => {
  const all = groups();
  const b = idOf(all, "b");
  const hidden = withHidden(withPin(NOTHING, b), b);
  assert.deepEqual(namesOf(arranged(all, hidden)), [["G", "ac"]]);
  assert.deepEqual(namesOf(arranged(all, hidden, b)), [["G", "abc"]]);
  assert.deepEqual(namesOf(arranged(all, withPin(hidden, b))), [
    ["Pinned", "b"],
    ["G", "ac"],
  ]);
});

test("moved lanes keep their order in a session that has others too", () => {
  const all = groups();
  const moved = withMove(NOTHING, arranged(all, NOTHING)[0], idOf(all, "c"), idOf(all, "a"));
  assert.deepEqual(namesOf(arranged(all, moved)), [["G", "cab"]]);
  assert.deepEqual(namesOf(arranged(groups(["x", "a", "y", "b", "c"]), moved)), [["G", "xcyab"]]);
});

test("moving in a session that lacks some lanes forgets nothing of these", () => {
  const all = groups();
  const moved = withMove(NOTHING, arranged(all, NOTHING)[0], idOf(all, "c"), idOf(all, "a"));
  const few = groups(["a", "b"]);
  const again = withMove(moved, arranged(few, moved)[0], idOf(few, "b"), idOf(few, "a"));
  assert.deepEqual(namesOf(arranged(all, again)), [["G", "bac"]]);
});

test("pinned lanes are moved among themselves", () => {
  const all = groups();
  const pinned = withPin(withPin(NOTHING, idOf(all, "a")), idOf(all, "c"));
  const moved = withMove(pinned, arranged(all, pinned)[0], idOf(all, "c"), idOf(all, "a"));
  assert.deepEqual(namesOf(arranged(all, moved))[0], ["Pinned", "ca"]);
});

test("lanes are known again by group and name; of one name by which they are", () => {
  const [first, second] = identified("g", [{ name: "Worker" }, { name: "Worker" }]);
  assert.notEqual(first.id, second.id);
  assert.equal(identified("g", [{ name: "Worker", key: "another" }])[0].id, first.id);
  assert.notEqual(identified("h", [{ name: "Worker" }])[0].id, first.id);
  assert.equal(
    identified("audited-7-changes", [{ name: "orders" }])[0].id,
    identified("changes", [{ name: "orders" }])[0].id,
  );
  assert.ok(!first.id.includes("Worker"));
});

test("whatever is remembered is read", () => {
  const arrangement = { pinned: ["a"], hidden: ["b"], order: { g: ["c"] } };
  assert.deepEqual(readArrangement(JSON.stringify(arrangement)), arrangement);
  for (const text of [null, "", "{", "[]", "null", '{"pinned": 1, "hidden": [], "order": {}}', '{"pinned": []}']) {
    assert.deepEqual(readArrangement(text), NOTHING);
  }
  assert.deepEqual(readArrangement('{"pinned": [1, "a"], "hidden": [], "order": {}}').pinned, ["a"]);
});
