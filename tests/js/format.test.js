// That durations and relative times are the server's too, tests/test_javascript.py holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../static/js/format.js";

const texts = (cases, write) => {
  for (const [text, ...values] of cases) assert.equal(write(...values), text);
};

test("durations take the unit that reads best", () => {
  const cases = [
    ["0 ms", 0],
    ["12.3 µs", 0.0123],
    ["1 ms", 0.9996],
    ["999 ms", 999.4],
    ["0.9997 s", 999.7],
    ["1.204 s", 1204],
    ["59.99 s", 59_990],
    ["1 min 0 s", 59_996],
    ["1 h 0 min", 3_599_600],
    ["2 h 5 min", 7_500_000],
    ["−250 ms", -250],
  ];
  texts(cases, format.duration);
});

test("microseconds are the same durations", () => {
  assert.equal(format.microseconds(7_500_000_000), "2 h 5 min");
  assert.equal(format.microseconds(412), "412 µs");
});

test("a position has the digits that its axis can tell apart", () => {
  const cases = [
    ["0 ms", 0, 20],
    ["12 µs", 0.012, 0.002],
    ["1.5 ms", 1.5, 0.5],
    ["1.234500 s", 1234.5, 0.001],
    ["2.5 s", 2500, 500],
    ["12 s", 12_000, 1000],
    ["1 min 15 s", 75_000, 5000],
    ["1 min 15.5 s", 75_500, 500],
    ["2 min", 119_999.9999, 1000],
    ["2 min", 120_000, 60_000],
    ["1 h 1 min", 3_660_000, 60_000],
  ];
  texts(cases, format.position);
});

test("an offset carries its sign", () => {
  assert.equal(format.offset(-20, 5), "−20 ms");
  assert.equal(format.offset(1500, 500), "+1.5 s");
});

test("numbers are grouped, short and told with their noun", () => {
  assert.equal(format.count(1_234_567), "1,234,567");
  assert.equal(format.calls(1), "1 call");
  assert.equal(format.calls(1200), "1,200 calls");
  assert.equal(format.number(0.123456), "0.1235");
  assert.equal(format.share(1, 8), "12.5 %");
  assert.equal(format.share(1, 0), "–");
});

test("a measured value stands in the unit that reads best", () => {
  assert.equal(format.quantity(1_072_000, "bytes"), "1.07 MB");
  assert.equal(format.quantity(2380.616, "ms"), "2.381 s");
  assert.equal(format.quantity(1_072_000, "requests"), "1,072,000 requests");
  assert.equal(format.quantity(4.9, "%"), "4.9 %");
});

test("an extent says its unit once where both ends have it", () => {
  assert.equal(format.extent(1_072_000, 1_735_000, "bytes"), "1.07 – 1.74 MB");
  assert.equal(format.extent(900, 1_735_000, "bytes"), "900 B – 1.74 MB");
  assert.equal(format.extent(4.9, 95, "%"), "4.9 – 95 %");
  assert.equal(format.extent(1, 2, ""), "1 – 2");
});
