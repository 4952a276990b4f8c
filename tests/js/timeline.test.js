import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOf } from "../../static/js/canvas/range.js";
import { isFineEnough, widened } from "../../static/js/timeline/arrivals.js";
import { valueAt } from "../../static/js/timeline/curves.js";
import { readStretch, stretchText } from "../../static/js/timeline/explain.js";
import { spansText } from "../../static/js/timeline/labels.js";
import { laneHeight, layout, ROW } from "../../static/js/timeline/layout.js";
import { barsOf } from "../../static/js/timeline/minimap.js";
import { boundsOf, detail, merged, readModel, receive, refine, spanOf } from "../../static/js/timeline/model.js";
import { described } from "../../static/js/timeline/pointer.js";
import { shapes, spanAt } from "../../static/js/timeline/spans.js";
import { readView, viewValues } from "../../static/js/timeline/view.js";
import { nearestInLane, nextSpan } from "../../static/js/timeline/walk.js";

const span = (start, end, more = {}) => ({
  start,
  end,
  name: `${start}`,
  colour: 1,
  tone: "",
  key: "",
  count: 1,
  ...more,
});
const lane = (spans, more = {}) => ({ key: "l", name: "Lane", spans, curve: [], unit: "", href: "", ...more });

function model(lanes, group = {}) {
  return readModel({
    origin: "2026-03-01T10:00:00Z",
    length: 1000,
    groups: [{ key: "g", name: "G", lanes, ...group }],
  });
}

const rowsOf = (spans) => model([lane(spans)]).groups[0].lanes[0].rows;

test("spans that overlap stand in rows of their own, others share one", () => {
  const rows = rowsOf([span(0, 10), span(5, 20), span(10, 15), span(20, 30)]);
  assert.deepEqual(
    rows.map((row) => row.map(({ start }) => start)),
    [[0, 10, 20], [5]],
  );
});

test("an instant stands beside what ends with it, not upon it", () => {
  const rows = rowsOf([span(0, 10), span(10, 10)]);
  assert.equal(rows.length, 2);
});

test("no spans of a row overlap, and none gets lost", () => {
  const spans = Array.from({ length: 300 }, (_, n) => span((n * 37) % 500, ((n * 37) % 500) + ((n * 11) % 40)));
  const [{ rows, note }] = model([lane(spans)]).groups[0].lanes;
  assert.equal(note, "crowded");
  assert.equal(
    rows.flat().reduce((sum, { count }) => sum + count, 0),
    300,
  );
  for (const row of rows.slice(0, -1)) {
    for (let n = 1; n < row.length; n++) assert.ok(row[n].start >= row[n - 1].end);
  }
});

test("a run is counted and named by its longest member, in a colour only if all have it", () => {
  const run = merged(merged(span(0, 5), span(6, 20)), span(21, 22, { colour: 2 }));
  assert.deepEqual([run.start, run.end, run.count, run.name, run.longest, run.colour], [0, 22, 3, "6", 14, 0]);
});

test("spans are found by their keys", () => {
  const { byKey } = model([lane([span(0, 1, { key: "a" }), span(2, 3)])]);
  assert.equal(byKey.size, 1);
  assert.equal(byKey.get("a").span.end, 1);
});

test("a curve's extremes leave gaps out", () => {
  const curve = [
    [0, 3],
    [1, null],
    [2, -4],
  ];
  const [waiting] = model([lane([])], { curves: "/later" }).groups[0].lanes;
  assert.deepEqual([waiting.plotted, waiting.extremes, waiting.note], [true, null, "reading…"]);
  receive(waiting, curve);
  assert.deepEqual([waiting.extremes, waiting.note], [{ least: -4, most: 3 }, ""]);
  receive(waiting);
  assert.deepEqual([waiting.extremes, waiting.note], [null, "no values"]);
  assert.deepEqual(
    [-1, 0, 0.5, 1, 9].map((ms) => valueAt(curve, ms)),
    [null, 3, 3, null, -4],
  );
});

test("the axis goes a little beyond either end", () => {
  const { least, most } = boundsOf(1000);
  assert.deepEqual([least, most], [-15, 1015]);
});

test("folded groups take a line; on a narrow screen labels stand above lanes", () => {
  const { groups } = model([lane([span(0, 1)]), lane([], { key: "m" })]);
  const [beside, above, folded] = [
    layout(groups, new Set(), false),
    layout(groups, new Set(), true),
    layout(groups, new Set(["g"]), false),
  ];
  assert.equal(folded.lanes.length, 0);
  assert.equal(beside.height, folded.height + laneHeight(groups[0].lanes[0]) + laneHeight(groups[0].lanes[1]));
  assert.equal(above.height, beside.height + 2 * ROW);
  assert.equal(beside.lanes[1].y, beside.lanes[0].y + beside.lanes[0].height);
});

test("what is too small to be told apart is one run; what can be seen stays itself", () => {
  const [row] = rowsOf([span(0, 0.1), span(0.5, 0.6), span(1, 1.1), span(100, 300)]);
  const found = shapes(row, scaleOf({ from: 0, to: 1000 }, 500));
  assert.deepEqual(
    found.map((shape) => shape.span.count),
    [3, 1],
  );
  assert.equal(found[1].width, 100);
});

test("a span is found where it is drawn, also beside its edge", () => {
  const [only] = model([lane([span(100, 300)])]).groups[0].lanes;
  const scale = scaleOf({ from: 0, to: 1000 }, 500);
  assert.equal(spanAt(only, 60, 5, scale).start, 100);
  assert.equal(spanAt(only, 151, 5, scale).start, 100);
  assert.equal(spanAt(only, 170, 5, scale), undefined);
  assert.equal(spanAt(only, 60, 5 + ROW, scale), undefined);
});

test("the overview's fullest column is as high as can be", () => {
  const { groups } = model([lane([span(0, 10), span(2, 3), span(900, 905, { count: 4 })])]);
  const bars = barsOf(groups, scaleOf({ from: 0, to: 1000 }, 300), 3);
  assert.equal(bars.length, 100);
  assert.equal(bars[90], 1);
  assert.ok(bars[0] > 0 && bars[0] < 1);
  assert.equal(bars[50], 0);
});

test("keys walk the spans of a lane and then the next lane's", () => {
  const lanes = [
    [span(0, 1), span(10, 11)],
    [span(2, 3), span(9, 12)],
  ];
  assert.equal(nextSpan(lanes, null, 1, 5), lanes[0][1]);
  assert.equal(nextSpan(lanes, lanes[0][1], 1, 0), lanes[1][0]);
  assert.equal(nextSpan(lanes, lanes[0][0], -1, 0), lanes[0][0]);
  assert.equal(nearestInLane(lanes, lanes[0][1], 1, 0), lanes[1][1]);
  assert.equal(nearestInLane(lanes, null, 1, 0), lanes[0][0]);
  assert.equal(nextSpan([], null, 1, 0), undefined);
});

test("a span is told by its name, start and length", () => {
  assert.deepEqual(described(span(1500, 3500)), ["1500", "+1.50 s · 2 s"]);
  assert.deepEqual(described(span(0, 0)), ["0", "+0 µs · an instant"]);
  assert.equal(described(span(0, 10, { count: 1200 }))[0], "1,200 in a row");
});

test("the view is kept in the address as far as it is not the first one", () => {
  const bounds = boundsOf(1000);
  const view = { bounds, selected: null, folded: new Set(["g"]), foldedAtFirst: ["g"] };
  const whole = viewValues({ ...view, range: { from: bounds.least, to: bounds.most } });
  assert.deepEqual(whole, { from: null, to: null, at: null, fold: null });
  const values = viewValues({ ...view, range: { from: 1, to: 2.5 }, selected: { key: "a" }, folded: new Set() });
  assert.deepEqual(values, { from: "1.000", to: "2.500", at: "a", fold: "" });
  const read = readView(new URLSearchParams(values));
  assert.deepEqual(read, { range: { from: 1, to: 2.5 }, at: "a", folded: [], recorded: false });
});

test("points of a part of a curve serve a range that they cover and that is not too small a part of them", () => {
  const bounds = { least: 0, most: 1000 };
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  assert.equal(isFineEnough({ span: all }, { from: 0, to: 600 }, bounds), true);
  assert.equal(isFineEnough({ span: all }, { from: 0, to: 400 }, bounds), false);
  const part = widened({ from: 100, to: 200 });
  assert.deepEqual(part, { from: 75, to: 225 });
  assert.equal(isFineEnough({ span: part }, { from: 110, to: 210 }, bounds), true);
  assert.equal(isFineEnough({ span: part }, { from: 150, to: 250 }, bounds), false);
  assert.equal(isFineEnough({ span: part }, { from: 150, to: 160 }, bounds), false);
});

test("what leaves nothing out serves every range inside it", () => {
  const span = { from: 100, to: 300 };
  const bounds = { least: 0, most: 1000 };
  assert.equal(isFineEnough({ span, exact: true }, { from: 150, to: 160 }, bounds), true);
  assert.equal(isFineEnough({ span, exact: true }, { from: 50, to: 160 }, bounds), false);
});

test("a lane takes the spans of a range, keeps its height and the whole, and gets that back", () => {
  const run = span(0, 9, { key: "b", count: 3 });
  const made = model([lane([run], { rows: 2 })]);
  const [one] = made.groups[0].lanes;
  const height = laneHeight(one);
  assert.equal(height, laneHeight(model([lane([span(0, 9), span(5, 9)])]).groups[0].lanes[0]));
  refine(one, [span(0, 2, { key: "a" }), span(1, 9, { key: "b" }), span(3, 4, { key: "c" })]);
  assert.deepEqual(
    one.rows.map((row) => row.map(({ key }) => key)),
    [["a", "c"], ["b"]],
  );
  assert.equal(spanOf(made, "b").count, 1);
  assert.equal(laneHeight(one), height);
  assert.deepEqual(
    one.all.map(({ count }) => count),
    [3],
  );
  refine(one, null);
  assert.equal(spanOf(made, "b").count, 3);
  assert.equal(spanOf(made, "a"), undefined);
});

test("a lane draws a part of its curve and the whole again, with the extremes of the whole", () => {
  const [waiting] = model([lane([])], { curves: "/later" }).groups[0].lanes;
  receive(waiting, [
    [0, 1],
    [1, 9],
  ]);
  detail(waiting, [[0.5, 2]]);
  assert.deepEqual([waiting.curve, waiting.extremes], [[[0.5, 2]], { least: 1, most: 9 }]);
  detail(waiting, null);
  assert.equal(waiting.curve.length, 2);
});

test("a moment of a lane is told by the names of its spans", () => {
  const spans = [span(0, 10), span(5, 20), span(6, 8), span(7, 9), span(30, 40)];
  assert.equal(spansText({ spans }, 5), "0 · 5");
  assert.equal(spansText({ spans }, 7), "0 · 5 · 6 · 1 more");
  assert.equal(spansText({ spans }, 25), "");
});

test("a stretch in an address is read as it is written", () => {
  const stretch = { from: 1234.5, to: 2000 };
  assert.deepEqual(readStretch(new URLSearchParams({ stretch: stretchText(stretch) })), stretch);
  for (const text of ["", "~", "5~", "~5", "7~5", "a~b", "5"]) {
    assert.equal(readStretch(new URLSearchParams({ stretch: text })), null);
  }
});
