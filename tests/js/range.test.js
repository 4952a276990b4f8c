import assert from "node:assert/strict";
import { test } from "node:test";
import * as ranges from "../../static/js/canvas/range.js";

const BOUNDS = { least: -10, most: 90, finest: 2 };
const ROUNDED = { ...BOUNDS, parts: (span) => (span > 20 ? 1 : 100) };

// A small generator of numbers, the same on every run.
function* numbers(seed) {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

test("a range stays as it is where the bounds allow it", () => {
  assert.deepEqual(ranges.within(BOUNDS, 10.5, 20.25), { from: 10.5, to: 20.25 });
});

test("ends may be given in either order", () => {
  assert.deepEqual(ranges.within(BOUNDS, 20, 10), { from: 10, to: 20 });
});

test("a range is moved into the bounds and keeps its length", () => {
  assert.deepEqual(ranges.within(BOUNDS, 85, 105), { from: 70, to: 90 });
  assert.deepEqual(ranges.within(BOUNDS, -30, -10), { from: -10, to: 10 });
});

test("a range is never longer than the whole nor shorter than the finest", () => {
  assert.deepEqual(ranges.within(BOUNDS, -1e9, 1e9), { from: -10, to: 90 });
  assert.deepEqual(ranges.within(BOUNDS, 5, 5), { from: 5, to: 7 });
});

test("a whole shorter than the finest is shown whole", () => {
  const tiny = { least: 0, most: 1, finest: 8 };
  assert.deepEqual(ranges.within(tiny, 0.2, 0.4), { from: 0, to: 1 });
  assert.deepEqual(ranges.around(tiny, 0.2, 0.1), { from: 0, to: 1 });
});

test("ends are rounded as the bounds say, the more finely the shorter the range", () => {
  assert.deepEqual(ranges.within(ROUNDED, 10.4, 40.2), { from: 10, to: 40 });
  assert.deepEqual(ranges.within(ROUNDED, 10.456, 20.123), { from: 10.46, to: 20.13 });
});

test("whatever is done to a range, it stays within the bounds, in order and rounded", () => {
  const random = numbers(7);
  const draw = (least, most) => least + random.next().value * (most - least);
  let range = ranges.whole(ROUNDED);
  const moves = [
    () => ranges.zoomed(range, ROUNDED, draw(0.1, 3), draw(-50, 150)),
    () => ranges.panned(range, ROUNDED, draw(-200, 200)),
    () => ranges.centred(range, ROUNDED, draw(-50, 150)),
    () => ranges.around(ROUNDED, draw(-10, 90), draw(0, 30)),
    () => ranges.revealed(range, ROUNDED, draw(-10, 40), draw(40, 90)),
  ];
  for (let n = 0; n < 2000; n++) {
    range = moves[Math.floor(draw(0, moves.length))]();
    assert.ok(range.from >= -10 && range.to <= 90 && range.to - range.from >= 1.99, JSON.stringify(range));
    assert.deepEqual(ranges.within(ROUNDED, range.from, range.to), range);
  }
});

test("zooming keeps what is under the pointer in place", () => {
  const zoomed = ranges.zoomed({ from: 0, to: 40 }, BOUNDS, 0.5, 10);
  assert.deepEqual(zoomed, { from: 5, to: 25 });
  assert.deepEqual(ranges.zoomed({ from: 0, to: 40 }, BOUNDS, 0.5), { from: 10, to: 30 });
});

test("zooming in further than the finest does not wander off", () => {
  let range = { from: 40, to: 42 };
  for (let n = 0; n < 10; n++) range = ranges.zoomed(range, BOUNDS, 0.5, 41.5);
  assert.deepEqual(range, { from: 40, to: 42 });
});

test("everything is whole, a part is not", () => {
  assert.ok(ranges.isWhole(ranges.whole(BOUNDS), BOUNDS));
  assert.ok(!ranges.isWhole({ from: -9, to: 90 }, BOUNDS));
});

test("revealing moves as little as it takes", () => {
  const range = { from: 20, to: 40 };
  assert.equal(ranges.revealed(range, BOUNDS, 25, 30), range);
  assert.deepEqual(ranges.revealed(range, BOUNDS, 45, 50), { from: 32, to: 52 });
  assert.deepEqual(ranges.revealed(range, BOUNDS, 10, 15), { from: 8, to: 28 });
  const wide = ranges.revealed(range, BOUNDS, 10, 60);
  assert.ok(wide.from < 10 && wide.to > 60);
});

test("a call fills the view but for a little on either side", () => {
  const { from, to } = ranges.around(BOUNDS, 30, 20);
  assert.ok(from < 30 && from > 28 && to > 50 && to < 52);
});

test("a scale leads from positions to pixels and back", () => {
  const scale = ranges.scaleOf({ from: 100, to: 300 }, 50);
  assert.equal(scale.perPixel, 4);
  assert.equal(scale.x(140), 10);
  assert.equal(scale.at(scale.x(171)), 171);
});
