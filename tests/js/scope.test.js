import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutBoth } from "../../static/js/flame/diff/tree.js";
import { askedWith, chipsOf, readScope, writeScope } from "../../static/js/flame/scope.js";

const PLAIN = { package: "", own: false, exclude: [], collapse: false, share: "" };
const read = (text) => readScope(new URLSearchParams(text));

test("what narrows the calls is read and written alike", () => {
  const text = "package=app.ui&own=on&exclude=3.5&collapse=on&share=0.01";
  assert.equal(new URLSearchParams(writeScope(read(text))).toString(), text);
  assert.deepEqual(read("exclude=x.4.-1&share=7&own=yes"), { ...PLAIN, exclude: [4] });
  assert.deepEqual(Object.values(writeScope(PLAIN)), [null, null, null, null, null]);
});

test("data is asked for whole microseconds that hold all of the range", () => {
  const asked = askedWith({ ...PLAIN, weight: "wall", span: { from: 10.6, to: 20.2 } }, { path: "", q: "a b" });
  assert.equal(asked.toString(), "weight=wall&from=10&to=21&q=a+b");
});

test("each chip takes back what it tells", () => {
  const state = { ...PLAIN, package: "app", exclude: [0, 1], span: { from: 0, to: 2000 } };
  const chips = chipsOf(state, { names: ["run", "step"] }, () => "1 s to 1.002 s");
  assert.deepEqual(
    chips.map(({ text }) => text),
    ["1 s to 1.002 s (2 ms)", "Only app", "Without run", "Without step"],
  );
  assert.deepEqual(
    chips.map(({ undo }) => undo),
    [{ span: null }, { package: "" }, { exclude: [1] }, { exclude: [0] }],
  );
});

test("in a difference a caller is as wide as all that either side spent in it", () => {
  const nodes = {
    parent: [-1, 0, 0],
    own: [
      [5, 30, 0],
      [8, 0, 40],
    ],
  }; // one callee is gone, the other new
  const { width, start, extent } = layoutBoth(nodes);
  assert.deepEqual([...width], [78, 30, 40]);
  assert.deepEqual([...start], [0, 40, 0]);
  assert.equal(extent, 78);
});
