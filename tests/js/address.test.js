import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, momentText, rangeValues, readRange } from "../../static/js/canvas/address.js";

const read = (text) => readRange(new URLSearchParams(text));

test("a range is read as numbers", () => {
  assert.deepEqual(read("from=-1.5&to=20"), { from: -1.5, to: 20 });
});

test("what is no range is none", () => {
  for (const text of [
    "",
    "from=1",
    "to=1",
    "from=&to=2",
    "from=a&to=2",
    "from=2&to=2",
    "from=3&to=2",
    "from=1&to=1e999",
  ])
    assert.equal(read(text), null, text);
});

test("moments are written with three to five decimals", () => {
  assert.deepEqual([0, 1234.5, 0.12345, -20.1234, 1e9].map(momentText), [
    "0.000",
    "1234.500",
    "0.12345",
    "-20.1234",
    "1000000000.000",
  ]);
});

test("what is written is what is read", () => {
  const range = { from: 123.45678, to: 4567.891 };
  assert.deepEqual(readRange(changed(new URLSearchParams(), rangeValues(range))), range);
});

test("parameters that a page does not know stay", () => {
  const query = new URLSearchParams("other=1&from=1.000&to=2.000&at=x");
  assert.equal(String(changed(query, { ...rangeValues(null), at: "y" })), "other=1&at=y");
  assert.equal(String(query), "other=1&from=1.000&to=2.000&at=x");
});
