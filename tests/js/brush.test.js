import assert from "node:assert/strict";
import { test } from "node:test";
import { Brush, brushed, gripAt } from "../../static/js/canvas/brush.js";
import { scaleOf } from "../../static/js/canvas/range.js";

test("edges can be taken hold of within some pixels, else the inside or nothing", () => {
  assert.deepEqual(
    [95, 105, 150, 197, 230].map((x) => gripAt(x, 100, 200, false)),
    ["from", "from", "inside", "to", "new"],
  );
});

test("a brush over everything has no edges: a drag chooses a stretch", () => {
  assert.equal(gripAt(2, 0, 300, true), "new");
  assert.deepEqual(brushed("new", { from: 0, to: 300 }, 80, 20), { from: 20, to: 80 });
});

test("an edge does not pass the other", () => {
  assert.deepEqual(brushed("from", { from: 10, to: 20 }, 10, 50), { from: 20, to: 20 });
  assert.deepEqual(brushed("to", { from: 10, to: 20 }, 20, 0), { from: 10, to: 10 });
});

test("the inside moves as far as the pointer, from where the drag began", () => {
  const shown = [];
  const view = {
    range: { from: 10, to: 20 },
    bounds: { least: 0, most: 100 },
    overview: scaleOf({ from: 0, to: 100 }, 200),
    show: (from, to) => shown.push([from, to]),
  };
  const brush = new Brush(view);
  brush.press({ x: 30 });
  brush.drag({ x: 50 }, { x: 30 }, { x: 30 });
  brush.drag({ x: 40 }, { x: 50 }, { x: 30 });
  assert.deepEqual(shown, [
    [20, 30],
    [15, 25],
  ]);
});

test("a click beside the brush centres it there", () => {
  let shown = null;
  const view = {
    range: { from: 10, to: 20 },
    bounds: { least: 0, most: 100, finest: 1 },
    overview: scaleOf({ from: 0, to: 100 }, 200),
    show: (from, to) => {
      shown = [from, to];
    },
  };
  const brush = new Brush(view);
  brush.press({ x: 120 });
  brush.click({ x: 120 });
  assert.deepEqual(shown, [55, 65]);
});
