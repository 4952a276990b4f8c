import assert from "node:assert/strict";
import { test } from "node:test";
import { ticksFor } from "../../static/js/canvas/axis.js";
import { scaleOf } from "../../static/js/canvas/range.js";
import { stepOf, ticksOf } from "../../static/js/canvas/ticks.js";

test("below a second steps are 1, 2 and 5 of a power of ten", () => {
  assert.deepEqual(
    [0.0011, 0.3, 1, 1.1, 30, 210].map((least) => Number(stepOf(least).toPrecision(3))),
    [0.002, 0.5, 1, 2, 50, 500],
  );
});

test("above, steps are those of a clock", () => {
  assert.deepEqual(
    [501, 6_000, 31_000, 700_000, 4_000_000, 90_000_000].map(stepOf),
    [1_000, 10_000, 60_000, 900_000, 7_200_000, 172_800_000],
  );
});

test("a step is never less than was asked for, and less than three times that", () => {
  for (let least = 1e-4; least < 1e10; least *= 1.07) {
    const step = stepOf(least);
    assert.ok(step >= least * (1 - 1e-9) && step < least * 4, `${least} → ${step}`);
  }
});

test("ticks are the multiples of the step within the range", () => {
  assert.deepEqual(ticksOf(-3, 21, 10), [-0, 10, 20]);
  assert.deepEqual(ticksOf(11, 19, 10), []);
});

test("ticks stand apart and on whole pixels", () => {
  const { ticks } = ticksFor(scaleOf({ from: 0, to: 12_345 }, 1000), 100);
  assert.ok(ticks.length > 3);
  for (let n = 1; n < ticks.length; n++) {
    assert.ok(Number.isInteger(ticks[n].x));
    assert.ok(ticks[n].x - ticks[n - 1].x >= 99);
  }
});
