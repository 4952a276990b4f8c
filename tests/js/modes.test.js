import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutTree } from "../../static/js/flame/items.js";
import { createModes } from "../../static/js/flame/modes/index.js";

const CONFIG = { origin: 2_000_000, extent: 1_000_000, length: 20_000, top: 14, step: 2, bins: 1024, bin_px: 0.5 };
const METHODS = { names: ["a.Main.run", "b.Cart.add"], packages: ["a", "b"], package: [0, 1], colours: [1, 2] };
const CALL = {
  length: 1,
  start: [100],
  width: [50],
  total: [50],
  cpu: [30],
  longest: [50],
  calls: [1],
  method: [1],
  depth: [2],
};
const RUN = { ...CALL, calls: [4], total: [20], longest: [9] };

function flame(state = {}) {
  const made = { config: CONFIG, threads: [{ number: 0, depth: 7 }], changes: [], asked: [] };
  made.state = { thread: 0, weight: "wall", from: 0, to: CONFIG.extent, focus: [], ...state };
  made.change = (patch) => made.changes.push(patch);
  made.tiles = { get: () => undefined, want: (...wanted) => made.asked.push(wanted) };
  made.modes = createModes(made);
  return made;
}

// Left heavy, its tree loaded: a root of 80 with a child of 30, and a rest of 20.
function heavy(state) {
  const made = flame(state);
  const nodes = { parent: [-1, -1, 0], method: [0, -1, 1], depth: [0, 0, 1], total: [80, 20, 30], own: [50, 20, 30] };
  made.modes.heavy.tree = { items: layoutTree({ ...nodes, calls: [2, 5, 1] }), total: 100, calls: 7, depth: 2 };
  return made;
}

const read = (mode, text) => mode.address.read(new URLSearchParams(text));

test("every mode has the whole shape", () => {
  const shape = ["extent", "bounds", "depth", "map", "axis", "legend", "follow", "draw", "drawMap", "isRun", "fill"];
  shape.push("shade", "describe", "select", "reselect", "place", "open", "enter", "address", "parameters");
  const { modes } = flame();
  for (const [name, mode] of Object.entries(modes)) {
    assert.equal(mode.name, name);
    const needed = mode.flat ? ["extent", "bounds", "legend", "follow", "reselect", "address", "parameters"] : shape;
    for (const part of needed) assert.notEqual(mode[part], undefined, `${name}.${part}`);
  }
});

test("time order keeps moments in the address", () => {
  const { time } = flame().modes;
  const state = { from: 500, to: 100_500, selected: { depth: 3, at: 712 } };
  assert.deepEqual(time.address.write(state), { from: "2000.500", to: "2100.500", call: "3:712" });
  const { from, to, selected } = read(time, "from=2000.500&to=2100.500&call=3:712");
  assert.deepEqual({ from, to, selected }, { ...state, selected: { depth: 3, at: 712, duration: null } });
});

test("the whole thread needs no range in the address", () => {
  const { time } = flame().modes;
  assert.deepEqual(time.address.write({ from: 0, to: 1_000_000, selected: null }), {
    from: null,
    to: null,
    call: null,
  });
  assert.deepEqual(read(time, "call=x:1").selected, null);
});

test("left heavy keeps its part and focus in the address and leaves the moment alone", () => {
  const mode = heavy().modes.heavy;
  assert.deepEqual(mode.address.write({ from: 10, to: 60.5, focus: [0, 1] }), {
    part: "10-60.5",
    focus: "0.1",
    node: null,
  });
  assert.deepEqual(mode.address.write({ from: 0, to: 100, focus: [] }), { part: null, focus: null, node: null });
  const { from, to, focus } = read(mode, "part=10-60.5&focus=0.1.x&from=2000.500&to=2100.500");
  assert.deepEqual({ from, to, focus }, { from: 10, to: 60.5, focus: [0, 1] });
});

test("left heavy names what is selected by its path, also the rest of a caller", () => {
  const mode = heavy().modes.heavy;
  const written = mode.address.write({ from: 0, to: 100, focus: [], selected: { path: [0, -1], depth: 1 } });
  assert.equal(written.node, "0.-1");
  assert.deepEqual(read(mode, "node=0.-1").selected, { path: [0, -1], depth: 1 });
  assert.equal(read(mode, "node=5:undefined").selected, null);
});

test("left heavy selects what the address names once its tree is there", () => {
  const made = heavy();
  const shown = [];
  made.picture = { methods: METHODS };
  made.inspector = { showFacts: (facts) => shown.push(facts.name) };
  made.modes.heavy.reselect({ path: [0, 1] });
  assert.deepEqual(shown, ["b.Cart.add"]);
  assert.deepEqual(made.changes, [{ selected: { path: [0, 1], depth: 1 } }]);
  made.modes.heavy.reselect({ path: [0, 7] });
  assert.equal(made.changes.length, 1);
});

test("time order asks for the tiles that are missing, and for the overview", () => {
  const made = flame();
  const painter = { boxes: [], begin() {}, add() {} };
  const view = { range: { from: 0, to: 3000 }, geometry: { width: 1500 } };
  assert.equal(made.modes.time.draw(painter, view), false);
  assert.deepEqual(made.asked, [
    [
      0,
      [
        [0, 0],
        [0, 1],
        [0, 2],
        [14, 0],
      ],
    ],
  ]);
});

test("what began in a tile is drawn with it alone, and a coarser tile stands in for a missing one", () => {
  const made = flame();
  const added = [];
  const painter = { boxes: [], begin() {}, add: (tile, ...clips) => added.push([tile, ...clips]) };
  const there = new Set(["0/0", "0/1", "0/3", "0/4", "2/0"]);
  made.tiles.get = (_, level, index) => (there.has(`${level}/${index}`) ? `${level}/${index}` : undefined);
  made.modes.time.draw(painter, { range: { from: 0, to: 5000 }, geometry: { width: 2500 } });
  assert.deepEqual(added, [
    ["0/0", -Infinity, Infinity, 0],
    ["0/1", -Infinity, Infinity, 1024],
    ["2/0", 2048, 3072],
    ["0/3", -Infinity, Infinity, -Infinity],
    ["0/4", -Infinity, Infinity, 4096],
  ]);
});

test("time order draws coarser levels where a level has too many boxes", () => {
  const made = flame();
  const painter = {
    boxes: [],
    begin() {
      this.boxes = [];
    },
    add(level) {
      this.boxes = Array(level < 4 ? 20_000 : 10);
    },
  };
  made.tiles.get = (_, level) => level;
  assert.equal(made.modes.time.draw(painter, { range: { from: 0, to: 1000 }, geometry: { width: 1000 } }), true);
  assert.equal(painter.boxes.length, 10);
  assert.equal(made.asked.length, 1);
});

test("a call is told by name, package and time, a run by its number and longest call", () => {
  const { time } = flame().modes;
  assert.deepEqual(time.describe({ items: CALL, i: 0, run: false }, METHODS), ["b.Cart.add", "b", "50 µs · 30 µs CPU"]);
  assert.deepEqual(time.describe({ items: RUN, i: 0, run: true }, METHODS), [
    "4 calls",
    "longest: b.Cart.add, 9 µs",
    "20 µs together within 50 µs",
  ]);
});

test("runs are as high as they are full", () => {
  const { time } = flame().modes;
  assert.equal(time.fill(CALL, 0), 1);
  assert.equal(time.fill(RUN, 0), 0.4);
  assert.ok(time.isRun(RUN, 0) && !time.isRun(CALL, 0));
});

test("by CPU, calls off the CPU are paler", () => {
  assert.equal(flame().modes.time.shade(CALL, 0), null);
  const { time } = flame({ weight: "cpu" }).modes;
  assert.deepEqual(
    [50, 30, 5].map((cpu) => time.shade({ ...CALL, cpu: [cpu] }, 0)),
    [0, 1, 2],
  );
});

test("a merged call is told by weight, share and calls", () => {
  const mode = heavy().modes.heavy;
  const box = (i) => ({ items: mode.tree.items, i });
  assert.deepEqual(mode.describe(box(2), METHODS), ["b.Cart.add", "30 µs (30.0 %) in 1 call", "30 µs in itself"]);
  assert.equal(mode.describe(box(1), METHODS)[0], "other");
});

test("opening zooms to a call, and looks at a merged call by itself", () => {
  const { from, to } = flame().modes.time.open({ items: CALL, i: 0 });
  assert.ok(from < 100 && from > 90 && to > 150 && to < 160);
  const made = heavy({ focus: [5] });
  assert.deepEqual(made.modes.heavy.open({ items: made.modes.heavy.tree.items, i: 2 }), {
    focus: [0, 1],
    selected: null,
  });
});

test("a selection is placed in its own mode and tree alone", () => {
  const { time, heavy: mode } = heavy().modes;
  assert.deepEqual(mode.place({ path: [0, 1] }), { start: 0, length: 30, depth: 1 });
  assert.equal(mode.place({ path: [1] }), null);
  assert.equal(mode.place({ at: 5, depth: 0 }), null);
  assert.equal(time.place({ path: [0, 1] }), null);
  assert.deepEqual(time.place({ at: 5, depth: 0, duration: null }), { start: 5, length: 0 });
});

test("axes say moments of the session, or weights with their share", () => {
  const made = heavy();
  assert.deepEqual(made.modes.time.axis({ from: 0, to: 10 }).range, { from: 2000, to: 2000.01 });
  const { range, textOf } = made.modes.heavy.axis({ from: 0, to: 100 });
  assert.deepEqual(range, { from: 0, to: 0.1 });
  assert.equal(textOf(0.02, 0.02), "20 µs · 20.0 %");
});

// A method of 100 that two callers share, and that calls a third of 60.
function sandwich() {
  const made = flame();
  const above = layoutTree({ parent: [-1, 0, 0], method: [7, 1, 2], total: [100, 70, 30], own: [0, 70, 30] });
  const items = layoutTree({ parent: [-1, 0], method: [7, 1], total: [100, 60], own: [40, 60] });
  Object.assign(above, { depth: [-1, 0, 0], calls: [5, 4, 1] });
  Object.assign(items, { depth: [1, 2], calls: [5, 5] });
  made.modes.sandwich.tree = { method: 7, above, items, middle: 1, total: 100, calls: 5, depth: 3 };
  return made.modes.sandwich;
}

test("a sandwich names a caller and a callee of one method apart", () => {
  const mode = sandwich();
  const { above, items } = mode.tree;
  const [caller, callee] = [mode.nameOf({ items: above, i: 1 }), mode.nameOf({ items, i: 1 })];
  const state = { from: 0, to: 100, method: 7 };
  assert.equal(mode.address.write({ ...state, selected: caller }).node, "up.7.1");
  assert.equal(mode.address.write({ ...state, selected: callee }).node, "7.1");
  assert.deepEqual(mode.find(read(mode, "node=up.7.1").selected), { items: above, i: 1 });
  assert.deepEqual(mode.find(read(mode, "node=7.1").selected), { items, i: 1 });
  assert.equal(read(mode, "node=up.x").selected, null);
});

test("a sandwich opens the method that is opened in it, and copies a caller's stack from the outermost on", () => {
  const mode = sandwich();
  assert.deepEqual(mode.open({ items: mode.tree.above, i: 2 }), { method: 2, selected: null });
  assert.deepEqual(mode.open({ items: { method: [-1] }, i: 0 }), {});
  const names = { names: { 1: "b", 2: "c", 7: "m" }, packages: [], package: [] };
  assert.deepEqual(mode.about(mode.tree.above, 1, names).stack, ["b", "m"]);
  assert.deepEqual(mode.about(mode.tree.items, 1, names).stack, ["m", "b"]);
});

test("matches are stepped through row by row, and round again", () => {
  const made = heavy();
  made.picture = { methods: METHODS, matches: { methods: [0, 1] }, geometry: { rows: 100 } };
  made.inspector = { showFacts() {} };
  const mode = made.modes.heavy;
  const next = (selected, direction) => {
    made.state.selected = selected;
    mode.step(direction);
    return made.changes.at(-1).selected.path;
  };
  assert.deepEqual(next(null, 1), [0]);
  assert.deepEqual(next({ path: [0] }, 1), [0, 1]);
  assert.deepEqual(next({ path: [0, 1] }, 1), [0]);
  assert.deepEqual(next({ path: [0] }, -1), [0, 1]);
});

test("a table keeps what it sums up and how it is sorted in the address, but not what it begins with", () => {
  const { table } = flame().modes;
  const { by, sort, rows, span } = read(table, "by=package&sort=calls&rows=300&from=2000.500&to=2100.500");
  assert.deepEqual(
    { by, sort, rows, span },
    { by: "package", sort: "calls", rows: "300", span: { from: 500, to: 100_500 } },
  );
  assert.deepEqual(table.address.write({ by: "method", sort: "own", rows: null }), {
    by: null,
    sort: null,
    rows: null,
  });
  assert.equal(read(table, "by=x&sort=y&rows=z").by, "method");
});
