import assert from "node:assert/strict";
import { test } from "node:test";
import { Measure } from "../../static/js/canvas/measure.js";
import { scaleOf } from "../../static/js/canvas/range.js";
import { turnRows } from "../../static/js/canvas/wheel.js";

// An element as far as a measure needs one: a button, a text and a place.
function element() {
  const output = { textContent: "" };
  const made = { hidden: true, offsetWidth: 80, moved: "", output };
  made.style = { setProperty: (_, value) => Object.assign(made, { moved: value }) };
  made.getElementsByTagName = () => [output];
  made.querySelector = () => ({ addEventListener: (_, press) => Object.assign(made, { press }) });
  return made;
}

function measure() {
  const seen = { shown: [], part: element() };
  const view = {
    scale: scaleOf({ from: 1000, to: 2000 }, 500),
    place: { left: 100, top: 60 },
    textOf: ({ from, to }) => `${to - from} ms`,
    show: (...range) => seen.shown.push(range),
    draw: () => seen.made.place(),
  };
  seen.made = new Measure(seen.part, view);
  return seen;
}

test("dragging measures, in either direction, and says how long it is", () => {
  const { made, part } = measure();
  made.drag(300, 100);
  assert.deepEqual(made.range, { from: 1200, to: 1600 });
  assert.equal(part.output.textContent, "400 ms");
  assert.equal(part.hidden, false);
  assert.equal(part.moved, "translate(260px, 60px)");
});

test("what was measured can be zoomed to, and is gone then", () => {
  const { made, part, shown } = measure();
  made.drag(100, 300);
  made.drop();
  part.press();
  assert.deepEqual(shown, [[1200, 1600]]);
  assert.equal(part.hidden, true);
  assert.equal(made.clear(), false);
});

test("a stretch of a pixel was a slip", () => {
  const { made } = measure();
  made.drag(100, 102);
  made.drop();
  assert.equal(made.range, null);
});

test("over rows the wheel scrolls, with Ctrl it zooms, sideways it moves", () => {
  const asked = [];
  const does = {
    zoom: (...turn) => asked.push(["zoom", ...turn]),
    pan: (pixels) => asked.push(["pan", pixels]),
    scroll: (pixels) => asked.push(["scroll", pixels]),
  };
  const wheel = { x: 7, dx: 0, dy: 100, zoom: 1.2, shift: false, command: false };
  turnRows(wheel, does);
  turnRows({ ...wheel, command: true }, does);
  turnRows({ ...wheel, shift: true }, does);
  turnRows({ ...wheel, dx: -200 }, does);
  assert.deepEqual(asked, [
    ["scroll", 100],
    ["zoom", 1.2, 7],
    ["pan", 100],
    ["pan", -200],
  ]);
});
