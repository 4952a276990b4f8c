import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTile, layoutTree, pathOf } from "../../static/js/flame/items.js";
import { clampScroll, layout, levelFor, neighbours, ROW, tilesOf } from "../../static/js/flame/levels.js";
import { categoryOf, Painter } from "../../static/js/flame/painter.js";
import { neighbour } from "../../static/js/flame/walk.js";

const CONFIG = { extent: 5_000_000, top: 14, step: 2, bins: 1024, bin_px: 0.5 };

test("the level is the finest whose bins are half a pixel wide", () => {
  for (let range = 10; range < 1e8; range *= 1.3) {
    const level = levelFor(range, 1000, CONFIG);
    const pixels = (2 ** level / range) * 1000;
    assert.equal(level % 2, 0);
    assert.ok(level === CONFIG.top || pixels >= 0.5, `${range}: ${pixels}`);
    assert.ok(level === 0 || pixels < 2, `${range}: ${pixels}`);
  }
});

test("tiles cover the range and end with the profile", () => {
  assert.deepEqual(tilesOf(0, 3000, 0, CONFIG), [0, 1, 2]);
  assert.deepEqual(tilesOf(-50, 10, 0, CONFIG), [0]);
  assert.deepEqual(tilesOf(4_999_000, 9_000_000, 12, CONFIG), [1]);
});

test("neighbours are what panning and zooming need", () => {
  const wanted = neighbours({ from: 2048, to: 3072 }, 0, CONFIG);
  assert.deepEqual(wanted, [
    [0, 1],
    [0, 2],
    [0, 3],
    [2, 0],
  ]);
  assert.deepEqual(neighbours({ from: 0, to: 5_000_000 }, 14, CONFIG).at(-1), [12, 0]);
});

test("rows begin below overview and axis; scrolling ends with the last one", () => {
  assert.deepEqual(layout(800, 400, 46), { width: 800, height: 400, map: 46, axis: 46, top: 70, rows: 330 });
  assert.equal(clampScroll(1e6, 20, 100), 20 * ROW - 100);
  assert.equal(clampScroll(50, 2, 100), 0);
});

function tile(bytes, columns) {
  const Time = bytes === 8 ? Float64Array : Int32Array;
  const [calls, method, depth] = columns.slice(5);
  const parts = [
    new Uint32Array([1, bytes, depth.length, 0]),
    ...columns.slice(0, 5).map((column) => new Time(column)),
  ];
  parts.push(new Uint32Array(calls), new Uint32Array(method), new Uint16Array(depth));
  return new Blob(parts).arrayBuffer();
}

test("a tile's bytes are mapped column by column, of either width", async () => {
  const columns = [
    [5, 9],
    [4, 1],
    [4, 1],
    [2, 0],
    [4, 1],
    [1, 3],
    [7, 8],
    [0, 1],
  ];
  for (const bytes of [4, 8]) {
    const { length, ...items } = decodeTile(await tile(bytes, columns));
    assert.equal(length, 2);
    const names = ["start", "width", "total", "cpu", "longest", "calls", "method", "depth"];
    assert.deepEqual(
      names.map((name) => [...items[name]]),
      columns,
    );
  }
});

test("a tile of another format is refused", () => {
  assert.throws(() => decodeTile(new Uint32Array([2, 4, 0, 0]).buffer), /older than the server/);
});

test("a tree's nodes stand side by side within their parents", () => {
  const nodes = { parent: [-1, -1, 0, 0, 2], total: [60, 40, 30, 20, 10], method: [1, 2, 3, -1, 4] };
  const items = layoutTree(nodes);
  assert.deepEqual([...items.start], [0, 60, 0, 30, 0]);
  assert.deepEqual(pathOf(items, 4), [1, 3, 4]);
});

const boxes = [
  { x: 0, y: 70, width: 100 },
  { x: 100, y: 70, width: 50 },
  { x: 10, y: 70 + ROW, width: 30 },
  { x: 60, y: 70 + ROW, width: 30 },
];
const walk = (now, across, down) => boxes.indexOf(neighbour(boxes, now, across, down, { row: ROW, width: 150 }));

test("walking goes to the neighbour, the caller or a callee", () => {
  assert.equal(walk(boxes[0], 1, 0), 1);
  assert.equal(walk(boxes[1], -1, 0), 0);
  assert.equal(walk(boxes[3], 0, -1), 0);
  assert.equal(walk(boxes[0], 0, 1), 2);
  assert.equal(walk(boxes[1], 1, 0), -1);
});

test("walking begins in the middle of the first row, whatever the direction", () => {
  assert.equal(walk(null, 0, 0), 0);
  assert.equal(walk(null, 1, 0), 0);
});

test("labels elide at their end, and are left out where nearly nothing fits", () => {
  const texts = [];
  const made = painter(
    {},
    { measureText: (text) => ({ width: 6 * text.length }), fillText: (text) => texts.push(text) },
  );
  const names = ["com.example.shop.CartView.addItem", "sort"];
  made.methods = { ...made.methods, names };
  made.add({ length: 3, start: [0, 200, 400], width: [88, 60, 26], depth: [0, 0, 0], method: [0, 1, 0] }, 0, 1000);
  made.paint();
  assert.equal(texts.length, 2);
  assert.match(texts[0], /^com\.example?…$/);
  assert.equal(texts[1], "sort");
});

test("browser and system have no category, others that of their package or of their own", () => {
  const methods = { foreign: [0, 1], colours: [3, 4], package: [0, 1], hues: [7, 8] };
  assert.deepEqual([categoryOf(methods, 0, "package"), categoryOf(methods, 0, "method")], [3, 7]);
  assert.deepEqual([categoryOf(methods, 1, "package"), categoryOf(methods, 1, "method")], [0, 0]);
});

function painter(look = {}, context = {}) {
  const made = new Painter({ measureText: () => ({ width: 1 }), fillRect() {}, ...context });
  made.begin({
    geometry: { width: 1000, top: 70, rows: 10 * ROW },
    range: { from: 0, to: 1000 },
    scroll: 0,
    methods: { colours: [3], package: [0, 0], hues: [1, 2], foreign: [0, 0], names: ["a", "b"] },
    colours: { shades: [] },
    matches: null,
    look: { isRun: () => false, fill: () => 1, shade: () => null, ...look },
  });
  return made;
}

test("what is clipped, out of sight or drawn with another tile makes no box", () => {
  const items = {
    length: 4,
    start: [10, 500, 2000, 5],
    width: [20, 600, 5, 3],
    depth: [0, 1, 0, 99],
    method: [0, 1, 0, 0],
  };
  const made = painter();
  made.add(items, 0, 800, 50);
  assert.deepEqual(
    made.boxes.map(({ x, y, width }) => [x, y, width]),
    [[500, 70 + ROW, 300]],
  );
});

test("a run is as high as it is full, and can be hit even where it is narrow", () => {
  const made = painter({ isRun: () => true, fill: () => 0.5 });
  made.add({ length: 1, start: [400], width: [0], depth: [2], method: [0] }, -Infinity, Infinity);
  const [box] = made.boxes;
  assert.equal(box.height, (ROW - 1) / 2);
  assert.equal(made.hit(402, 70 + 2 * ROW + 3), box);
  assert.equal(made.hit(420, 70 + 2 * ROW + 3), null);
});
