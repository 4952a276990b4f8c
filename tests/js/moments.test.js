import assert from "node:assert/strict";
import { test } from "node:test";
import { fromMoments, modern, readMoments, toMoments } from "../../static/js/flame/moments.js";

// A session of 20 s whose profile runs from 2 s to 12 s.
const CONFIG = { origin: 2_000_000, extent: 10_000_000, length: 20_000 };
const query = (text) => new URLSearchParams(text);

test("moments and microseconds since the first call are each other's inverse", () => {
  assert.deepEqual(toMoments({ from: 0, to: 500 }, CONFIG), { from: 2000, to: 2000.5 });
  assert.deepEqual(fromMoments(toMoments({ from: 7, to: 500 }, CONFIG), CONFIG), { from: 7, to: 500 });
});

test("the address's range is shown where the profile has it", () => {
  const { range, notice } = readMoments(query("from=3000.000&to=4000.500"), CONFIG);
  assert.deepEqual(range, { from: 1_000_000, to: 2_000_500 });
  assert.equal(notice, null);
});

test("a range that goes beyond the profile is shown as far as the profile goes", () => {
  assert.deepEqual(readMoments(query("from=0.000&to=3000.000"), CONFIG).range, { from: 0, to: 1_000_000 });
});

test("a range outside the profile shows all of it and says so", () => {
  const { range, notice } = readMoments(query("from=15000.000&to=16000.000"), CONFIG);
  assert.equal(range, null);
  assert.equal(notice.text, "The profile has no calls from 15 s to 16 s: it runs from 2 s to 12 s.");
});

test("no range is all of the profile, without a word", () => {
  assert.deepEqual(readMoments(query("q=x"), CONFIG), { range: null, notice: null });
});

test("an address of ours is left as it is", () => {
  const ours = query("from=3000.000&to=4000.000&mode=heavy");
  assert.equal(modern(ours, CONFIG).query, ours);
  assert.equal(modern(ours, CONFIG).notice, null);
});

test("an old range beyond the session's end is read as microseconds since the first call", () => {
  const { query: read, notice } = modern(query("from=1000000&to=2000000.5&q=x"), CONFIG);
  assert.equal(String(read), "from=3000.000&to=4000.0005&q=x");
  assert.equal(notice, null);
});

test("a range that may be old is read as milliseconds, with a word and the other reading", () => {
  const { query: read, notice } = modern(query("from=5000&to=6000"), CONFIG);
  assert.equal(String(read), "from=5000.000&to=6000.000");
  assert.match(notice.text, /read as milliseconds of the session: 5 s to 6 s/);
  assert.equal(String(notice.other), "from=2005.000&to=2006.000");
});

test("an old range of weights is dropped, with a word", () => {
  const { query: read, notice } = modern(query("mode=heavy&from=0&to=5000"), CONFIG);
  assert.equal(String(read), "mode=heavy");
  assert.match(notice.text, /older version/);
});
