// The merged tree of two groups, means of their sessions, as boxes: as wide as the larger side, coloured by what
// changed.
import { around, whole } from "../../canvas/range.js";
import { readTheme } from "../../canvas/theme.js";
import { microseconds, position, share } from "../../format.js";
import { nodeAt, OTHER, pathOf } from "../items.js";
import { boundsOf } from "../levels.js";

export const STEPS = 5;
const SIDES = ["faster", "slower"];
const NAMES = SIDES.flatMap((side) => [...Array(STEPS).keys()].map((step) => `${side}-${step + 1}`));
const PALETTE = Object.fromEntries([...NAMES, "unchanged"].map((name) => [name, `var(--${name})`]));

export class DiffTree {
  name = "diff";
  map = 0;
  tree = null; // {items, whole, methods, depth}

  constructor(graph) {
    this.graph = graph;
  }

  get extent() {
    return Math.max(1, this.tree?.items.extent ?? 1);
  }

  get bounds() {
    return boundsOf(this.extent);
  }

  whole() {
    return { ...whole(this.bounds), scroll: 0 };
  }

  // answer: what the server says, see replica/profiles/diff_rows.py
  take({ sessions, whole: sums, nodes, methods }, state) {
    const depth = 1 + nodes.depth.reduce((a, b) => Math.max(a, b), 0);
    const means = Object.fromEntries(["total", "own", "calls"].map((name) => [name, meansOf(nodes[name], sessions)]));
    this.tree = { nodes: { ...nodes, ...means }, whole: sums.map((sum, side) => sum / sessions[side]), methods, depth };
    this.arrange(state);
  }

  // Lays the boxes out. Shares of the whole are compared by stretching the new side to the base's length.
  arrange({ scale }) {
    if (!this.tree) return;
    const [base, now] = this.tree.whole;
    this.factor = scale === "share" && base && now ? base / now : 1;
    const { nodes } = this.tree;
    const [total, own] = [nodes.total, nodes.own].map(([before, after]) => [
      before,
      after.map((us) => us * this.factor),
    ]);
    this.tree.items = layoutBoth({ ...nodes, total, own, calls: nodes.calls });
  }

  // Change of self or total time, in µs of the base's length.
  change(items, i, of = this.graph.state.of) {
    return items[of][1][i] - items[of][0][i];
  }

  depth() {
    return this.tree?.depth ?? 1;
  }

  axis({ from, to }) {
    const textOf = (ms, step) => {
      if (ms === 0) return "0";
      return this.graph.state.scale === "share" ? share(ms * 1000, this.tree?.whole[0]) : position(ms, step);
    };
    return { range: { from: from / 1000, to: to / 1000 }, textOf };
  }

  draw(painter, view) {
    this.#refresh(view);
    painter.begin(view);
    if (this.tree) painter.add(this.tree.items, -Infinity, Infinity);
    return this.tree !== null;
  }

  // What colours depend on, once a frame: the theme, the largest change, the threshold.
  #refresh({ colours }) {
    if (this.colours !== colours) {
      this.colours = colours;
      this.palette = readTheme(this.graph.canvas.parentElement, PALETTE);
    }
    if (!this.tree) return;
    const { items, whole: sums } = this.tree;
    this.most = items.method.reduce((most, _, i) => Math.max(most, Math.abs(this.change(items, i))), 1);
    this.least = Number(this.graph.state.least) * Math.max(sums[0], sums[1] * this.factor);
  }

  drawMap() {
    return true;
  }

  colour(items, i) {
    const change = this.change(items, i);
    if (Math.abs(change) <= this.least || change === 0) return this.palette.unchanged;
    const step = Math.min(STEPS, Math.ceil(STEPS * Math.sqrt(Math.abs(change) / this.most)));
    return this.palette[`${SIDES[Number(change > 0)]}-${step}`];
  }

  isRun(items, i) {
    return items.method[i] === OTHER;
  }

  isHatched(items, i) {
    return this.kind(items, i) === "gone";
  }

  kind(items, i) {
    const [before, after] = items.calls.map((side) => side[i]);
    if (before && after) return "";
    return before ? "gone" : "new";
  }

  fill() {
    return 1;
  }

  label(items, i) {
    const method = items.method[i];
    const name = method === OTHER ? "other" : this.tree.methods.names[method];
    const kind = this.kind(items, i);
    const change = this.change(items, i);
    const told = Math.abs(change) > this.least ? ` ${this.signed(change)}` : "";
    return `${kind ? `${kind}: ` : ""}${name}${told}`;
  }

  signed(us) {
    const { scale } = this.graph.state;
    const text = scale === "share" ? pointsOf(us, this.tree.whole[0]) : microseconds(us);
    return us > 0 ? `+${text}` : text;
  }

  // What is told of a node: {name, packageName, kind, rows: [what, base, new, change]}.
  about(path) {
    const i = this.tree ? nodeAt(this.tree.items, path) : -1;
    return i < 0 ? null : this.#aboutNode(this.tree.items, i);
  }

  #aboutNode(items, i) {
    const { nodes, methods } = this.tree;
    const method = items.method[i];
    const times = [
      ["Self", "own"],
      ["Total", "total"],
    ].map(([what, name]) => [
      what,
      ...nodes[name].map((side) => microseconds(side[i])),
      this.signed(this.change(items, i, name)),
    ]);
    const [before, after] = nodes.calls.map((side) => side[i]);
    const more = `${after > before ? "+" : ""}${decimal(after - before)}`.replace("-", "−");
    return {
      name: method === OTHER ? "other" : methods.names[method],
      packageName: method === OTHER ? "The smallest paths together" : methods.packages[methods.package[method]],
      kind: this.kind(items, i),
      stack: pathOf(items, i).map((one) => methods.names[one] ?? "other"),
      rows: [...times, ["Calls", decimal(before), decimal(after), more]],
    };
  }

  describe({ items, i }) {
    const { name, kind, rows } = this.#aboutNode(items, i);
    const lines = rows.map(([what, before, after, change]) => `${what}: ${before} → ${after} (${change})`);
    return [kind ? `${name}, ${kind}` : name, ...lines];
  }

  select({ items, i }) {
    this.graph.change({ selected: pathOf(items, i) });
  }

  place(path) {
    const i = this.tree ? nodeAt(this.tree.items, path) : -1;
    return i < 0
      ? null
      : { start: this.tree.items.start[i], length: this.tree.items.width[i], depth: this.tree.items.depth[i] };
  }

  open({ items, i }) {
    return around(this.bounds, items.start[i], items.width[i]);
  }

  enter(path) {
    const place = this.place(path);
    return place && around(this.bounds, place.start, place.length);
  }

  // The methods whose names contain a text; null where none is searched.
  matches(text) {
    const wanted = text?.trim().toLowerCase();
    if (!wanted || !this.tree) return null;
    const { names, packages, package: of } = this.tree.methods;
    const named = names.map((name, method) => `${packages[of[method]]}.${name}`.toLowerCase());
    return { methods: named.flatMap((name, method) => (name.includes(wanted) ? [method] : [])) };
  }

  // What the colours mean, as elements.
  legendOf({ of, scale }) {
    const what = of === "own" ? "self time" : "total time";
    const told = (scale === "share" ? "share of " : "") + what;
    const sides = SIDES.map((side) => NAMES.filter((name) => name.startsWith(side)));
    const scaleOf = [...sides[0].reverse(), "unchanged", ...sides[1]];
    return [
      `Less ${told}`,
      ...scaleOf.map(swatch),
      `more ${told}`,
      swatch("gone"),
      "gone · “new” stands before what is new",
    ];
  }
}

// Sums of each side as means of its sessions.
function meansOf(sums, sessions) {
  return sums.map((values, side) => values.map((value) => value / sessions[side]));
}

// A mean number of calls.
function decimal(value) {
  return value.toLocaleString("en-GB", { maximumFractionDigits: 1 });
}

// A change of a share, in percentage points.
function pointsOf(us, whole) {
  return share(us, whole).replace("-", "−").replace("%", "pp");
}

function swatch(name) {
  const element = document.createElement("span");
  element.className = "diff-step";
  element.dataset.step = name;
  return element;
}

// As wide as the larger of both sides, part for part: a caller holds the widths of all that either side called.
export function layoutBoth(nodes) {
  const length = nodes.parent.length;
  const [before, after] = nodes.own;
  const width = Float64Array.from({ length }, (_, i) => Math.max(before[i], after[i]));
  for (let i = length - 1; i >= 0; i--) if (nodes.parent[i] >= 0) width[nodes.parent[i]] += width[i];
  const [start, filled] = [new Float64Array(length), new Float64Array(length)];
  let extent = 0;
  for (const i of byWidth(width)) {
    const parent = nodes.parent[i];
    start[i] = parent < 0 ? extent : start[parent] + filled[parent];
    if (parent < 0) extent += width[i];
    else filled[parent] += width[i];
  }
  return { ...nodes, length, start, width, extent };
}

// Parents before children, of those the widest first.
function byWidth(width) {
  return [...width.keys()].sort((a, b) => width[b] - width[a] || a - b);
}
