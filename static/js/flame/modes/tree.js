// What left heavy and sandwich share: calls of the same path merged, on an axis of weight instead of time.
import { isWhole, whole, within } from "../../canvas/range.js";
import { calls as callsText, microseconds, position, share } from "../../format.js";
import { OTHER, pathOf } from "../items.js";
import { boundsOf, ROW } from "../levels.js";
import { readMoments } from "../moments.js";
import { NARROWING } from "../scope.js";

const ASKED_BY = ["thread", "mode", "weight", "span", ...NARROWING]; // what another tree is fetched for
const NODE = /^-?\d+(\.-?\d+)*$/;

// Who extends it has a name, parameters, a legend, fetch(state) → {items, total, calls, depth}, parts (columns to
// draw), find(selected) → {items, i} or null, nameOf(box) → selected, and asks (more that a tree is fetched for).
export class TreeMode {
  map = 0;
  tree = null;

  constructor(flame) {
    Object.assign(this, { flame, config: flame.config });
  }

  get extent() {
    return Math.max(1, this.tree?.total ?? this.config.extent);
  }

  get bounds() {
    return boundsOf(this.extent);
  }

  depth() {
    return this.tree?.depth ?? 1;
  }

  axis({ from, to }) {
    const total = this.tree?.total;
    const textOf = (ms, step) => {
      if (ms === 0) return "0";
      return total ? `${position(ms, step)} · ${share(ms * 1000, total)}` : position(ms, step);
    };
    return { range: { from: from / 1000, to: to / 1000 }, textOf };
  }

  follow(patch, restored) {
    if ([...ASKED_BY, ...this.asks].some((key) => key in patch)) this.#load(restored);
  }

  // The state may move on meanwhile; then another answer is on its way.
  async #load(restored) {
    const { flame } = this;
    this.asked = Symbol("asked");
    const { asked } = this;
    this.tree = null;
    const tree = await flame.attempt("tree", this.fetch(flame.state));
    if (!tree || asked !== this.asked || flame.mode !== this) return;
    this.tree = tree;
    flame.change(this.#placed(tree, restored));
    await flame.named;
    if (flame.state.selected && flame.mode === this) this.reselect(flame.state.selected);
  }

  // All of a new tree, unless the address says which part of it.
  #placed(tree, restored) {
    const { to, scroll } = this.flame.state;
    if (restored && to <= tree.total) return {};
    return { ...whole(this.bounds), scroll: restored && scroll ? scroll : this.firstScroll() };
  }

  firstScroll() {
    return 0;
  }

  draw(painter, view) {
    painter.begin(view);
    if (this.tree) for (const items of this.parts) painter.add(items, -Infinity, Infinity);
    return this.tree !== null;
  }

  drawMap() {
    return true;
  }

  isRun(items, i) {
    return items.method[i] === OTHER;
  }

  fill() {
    return 1;
  }

  shade() {
    return null;
  }

  describe({ items, i }, methods) {
    const { name, facts } = this.about(items, i, methods);
    const other = "The smallest paths together: look at the caller by itself to see them";
    return [name, `${facts.Total} in ${facts.Calls}`, items.method[i] === OTHER ? other : `${facts.Self} in itself`];
  }

  about(items, i, methods) {
    const method = items.method[i];
    const named = method !== OTHER;
    const packageName = methods?.packages[methods.package[method]];
    return {
      method: named ? method : null,
      name: named ? (methods?.names[method] ?? "…") : "other",
      packageName: named ? (packageName ?? "") : "The smallest paths together",
      stack: pathOf(items, i).map((one) => methods?.names[one] ?? "other"),
      facts: {
        Total: `${microseconds(items.total[i])} (${share(items.total[i], this.tree.total)})`,
        Self: microseconds(items.own[i]),
        Calls: callsText(items.calls[i]),
        Mean: microseconds(items.total[i] / items.calls[i]),
      },
    };
  }

  select({ items, i }, _at, reveal = false) {
    const { flame } = this;
    flame.inspector.showFacts(this.about(items, i, flame.picture.methods));
    flame.change({ selected: this.nameOf({ items, i }), ...(reveal ? this.#revealing(items, i) : {}) });
  }

  // A merged call is named by its path, since another tree may have another node at its number. While the tree is on
  // its way there is nothing to select; it selects what the address names when it has come.
  reselect(selected) {
    const found = this.tree && this.find(selected);
    if (found) this.select(found);
  }

  place(selected) {
    const found = this.tree && this.find(selected);
    if (!found) return null;
    const { items, i } = found;
    return { start: items.start[i], length: items.width[i], depth: items.depth[i] };
  }

  enter(selected) {
    const found = this.tree && this.find(selected);
    return found ? this.open(found) : null;
  }

  // Selects the next node that a search found, row by row; past the last one the first.
  step(direction) {
    const { picture, state } = this.flame;
    const methods = new Set(picture.matches?.methods);
    const found = this.parts
      .flatMap((items) => items.method.map((method, i) => ({ items, i, matches: methods.has(method) })))
      .filter(({ matches }) => matches)
      .sort((a, b) => a.items.depth[a.i] - b.items.depth[b.i] || a.items.start[a.i] - b.items.start[b.i]);
    if (!found.length) return;
    const now = state.selected && this.find(state.selected);
    const at = now ? found.findIndex(({ items, i }) => items === now.items && i === now.i) : -1;
    const next = at < 0 ? (direction > 0 ? 0 : -1) : (at + direction) % found.length;
    this.select(found.at(next), 0, true);
  }

  // What brings a node into view: its row, and enough of the axis to see it.
  #revealing(items, i) {
    const { rows } = this.flame.picture.geometry;
    const [start, length] = [items.start[i], items.width[i]];
    const { from, to, scroll } = this.flame.state;
    const top = items.depth[i] * ROW;
    const seen = start < to && start + length > from && length > (to - from) / 200;
    const range = seen ? {} : within(this.bounds, start - 2 * length, start + 3 * length);
    return top < scroll || top + ROW > scroll + rows ? { ...range, scroll: Math.max(0, top - rows / 2) } : range;
  }

  // The moment in `from` and `to` says which part of the session the calls are of; it is not the part of this axis.
  readPart(query) {
    const { range, notice } = readMoments(query, this.config);
    const part = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(query.get("part") ?? "");
    const [from, to] = part ? part.slice(1).map(Number) : [0, this.extent];
    return { ...within(boundsOf(Math.max(this.extent, to)), from, to), span: range, notice };
  }

  writePart({ from, to }) {
    return isWhole({ from, to }, this.bounds) ? null : `${Number(from.toFixed(2))}-${Number(to.toFixed(2))}`;
  }
}

export function readNode(text) {
  return NODE.test(text ?? "") ? text.split(".").map(Number) : null;
}
