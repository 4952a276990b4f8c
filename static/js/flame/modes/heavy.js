// Left heavy: calls with the same path of callers merged, the heaviest first. Its axis is weight, not time.
import { isWhole, whole, within } from "../../canvas/range.js";
import { calls as callsText, microseconds, position, share } from "../../format.js";
import { fetchTree } from "../api.js";
import { nodeAt, OTHER, pathOf } from "../items.js";
import { boundsOf } from "../levels.js";

const LEGENDS = {
  wall: "Same paths merged, heaviest left. Double-click or Enter looks at a call by itself.",
  cpu: "Same paths merged by CPU time, heaviest left. Double-click or Enter looks at a call by itself.",
};
const ASKED_BY = ["thread", "mode", "focus", "weight"]; // what another tree is fetched for

export class LeftHeavy {
  name = "heavy";
  parameters = ["part", "focus", "node"];
  map = 0;
  tree = null; // {items, total, calls, depth}

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

  legend(weight) {
    return LEGENDS[weight];
  }

  follow(patch, restored) {
    if (ASKED_BY.some((key) => key in patch)) this.#load(restored);
  }

  // The state may move on meanwhile; then another answer is on its way.
  async #load(restored) {
    const { flame } = this;
    const { thread, weight, focus } = flame.state;
    const asked = [thread, weight, focus].join();
    this.asked = asked;
    this.tree = null;
    const tree = await flame.attempt("tree", fetchTree(this.config.base, thread, weight, focus));
    if (!tree || asked !== this.asked || flame.mode !== this) return;
    this.tree = tree;
    const { to, scroll } = flame.state;
    const range = restored && to <= tree.total ? {} : { ...whole(this.bounds), scroll: restored ? scroll : 0 };
    flame.change(range);
    await flame.named;
    if (flame.state.selected && flame.mode === this) this.reselect(flame.state.selected);
  }

  draw(painter, view) {
    painter.begin(view);
    if (this.tree) painter.add(this.tree.items, -Infinity, Infinity);
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
    const { name, facts } = this.#about(items, i, methods);
    const method = items.method[i];
    const other = "The smallest paths together: look at the caller by itself to see them";
    return [name, `${facts.Total} in ${facts.Calls}`, method === OTHER ? other : `${facts.Self} in itself`];
  }

  #about(items, i, methods) {
    const method = items.method[i];
    const own = method === OTHER ? {} : { name: methods?.names[method] };
    const packageName = methods?.packages[methods.package[method]];
    return {
      name: own.name ?? (method === OTHER ? "other" : "…"),
      packageName: method === OTHER ? "The smallest paths together" : (packageName ?? ""),
      facts: {
        Total: `${microseconds(items.total[i])} (${share(items.total[i], this.tree.total)})`,
        Self: microseconds(items.own[i]),
        Calls: callsText(items.calls[i]),
        Mean: microseconds(items.total[i] / items.calls[i]),
      },
    };
  }

  select({ items, i }) {
    const { flame } = this;
    flame.inspector.showFacts(this.#about(items, i, flame.picture.methods));
    flame.change({ selected: { path: pathOf(items, i), depth: items.depth[i] } });
  }

  // A merged call is named by its path, since another tree may have another node at its number. While the tree is on
  // its way there is nothing to select; it selects what the address names when it has come.
  reselect({ path }) {
    const node = this.#nodeOf(path);
    if (node >= 0) this.select({ items: this.tree.items, i: node });
  }

  #nodeOf(path) {
    return path && this.tree ? nodeAt(this.tree.items, path) : -1;
  }

  place({ path }) {
    const node = this.#nodeOf(path);
    return node < 0 ? null : { start: this.tree.items.start[node], length: this.tree.items.width[node] };
  }

  open({ items, i }) {
    const path = pathOf(items, items.method[i] === OTHER ? items.parent[i] : i);
    return { focus: [...this.flame.state.focus.slice(0, -1), ...path], selected: null };
  }

  enter({ path }) {
    const node = this.#nodeOf(path);
    return node < 0 ? null : this.open({ items: this.tree.items, i: node });
  }

  // The moment in `from` and `to` is not shown here; it stays for the tabs, and for time order.
  address = {
    read: (query) => {
      const part = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(query.get("part") ?? "");
      const [from, to] = part ? part.slice(1).map(Number) : [0, this.extent];
      const focus = (query.get("focus") ?? "").split(".").filter((method) => /^\d+$/.test(method));
      const path = /^-?\d+(\.-?\d+)*$/.test(query.get("node") ?? "") ? query.get("node").split(".").map(Number) : null;
      const selected = path && { path, depth: path.length - 1 };
      const range = within(boundsOf(Math.max(this.extent, to)), from, to);
      return { ...range, selected, focus: focus.map(Number), notice: null };
    },
    write: ({ from, to, focus, selected }) => ({
      part: isWhole({ from, to }, this.bounds) ? null : `${Number(from.toFixed(2))}-${Number(to.toFixed(2))}`,
      focus: focus.length ? focus.join(".") : null,
      node: selected?.path?.join(".") ?? null,
    }),
  };
}
