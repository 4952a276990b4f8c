import assert from "node:assert/strict";
import { test } from "node:test";
import { readModel, receive } from "../../static/js/timeline/model.js";
import { lengthOf, momentAt, placedCurve, placedSpan, placeOf, readParts } from "../../static/js/timeline/sides.js";

// A step that takes 100 ms here and 300 on the other side, from 50 to 350 of the axis; then 20 ms more.
const PARTS = readParts([
  [0, 50, 0],
  [50, 150, 50],
  [150, 170, 350],
]);

test("a moment stands in its part, and lengths within a part stay what they are", () => {
  assert.deepEqual(
    [0, 20, 50, 149, 160, 200].map((ms) => placeOf(PARTS, ms)),
    [0, 20, 50, 149, 360, 400],
  );
  assert.equal(placeOf(PARTS, 150, true), 150);
  assert.equal(placeOf(PARTS, 150), 350);
  assert.equal(lengthOf(PARTS), 370);
});

test("a moment is found again at its place, and waits where the side has nothing", () => {
  for (const ms of [0, 20, 50, 149, 160, 200]) assert.equal(momentAt(PARTS, placeOf(PARTS, ms)), ms);
  assert.equal(momentAt(PARTS, 250), 150);
});

test("a span ends where its part ends, and keeps its own times", () => {
  const placed = placedSpan(PARTS, { start: 50, end: 150, name: "step" });
  assert.deepEqual(placed, { start: 50, end: 150, name: "step", own: { start: 50, end: 150 } });
  assert.deepEqual(placedSpan(PARTS, { start: 150, end: 150 }).start, 350);
});

test("a curve has a gap where its side has nothing", () => {
  const points = [
    [140, 1],
    [160, 2],
  ];
  assert.deepEqual(placedCurve(PARTS, points), [
    [140, 1],
    [360, null],
    [360, 2],
  ]);
});

test("two sessions are lined up by steps only where that is asked for", () => {
  const span = (start, end, key) => ({ start, end, name: "step", colour: 1, tone: "", key, count: 1 });
  const lane = (side, spans) => ({ key: `${side}-l`, name: "L", side, spans, curve: [], unit: "", href: "" });
  const data = {
    origin: "2026-03-01T10:00:00Z",
    length: 370,
    sides: [
      {
        key: "base",
        name: "Base",
        parts: [
          [0, 50, 0],
          [50, 150, 50],
          [150, 170, 350],
        ],
      },
      {
        key: "new",
        name: "New",
        parts: [
          [0, 50, 0],
          [50, 350, 50],
          [350, 370, 350],
        ],
      },
    ],
    pairs: [["base-a", "new-a"]],
    groups: [{ key: "g", name: "G", lanes: [lane("base", [span(150, 160, "base-a")]), lane("new", [])] }],
  };
  const [recorded, stepwise] = [readModel(data), readModel(data, true)];
  assert.deepEqual(
    [recorded, stepwise].map(({ groups }) => groups[0].lanes[0].spans[0].start),
    [150, 350],
  );
  assert.equal(stepwise.others.get("new-a"), "base-a");
  const [base, other] = stepwise.groups[0].lanes;
  assert.equal(base.id, other.id); // they are pinned, hidden and moved together
  receive(base, [[160, 7]]);
  assert.deepEqual(base.curve, [[360, 7]]);
});
