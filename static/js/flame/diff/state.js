// What the page of a difference shows, kept in its address. `from` and `to` there are moments of the sessions, which
// this page leaves alone; the part of the axis in view is `part`.
import { Address, changed, readQuery } from "../../canvas/address.js";
import { isWhole } from "../../canvas/range.js";
import { readNode } from "../modes/tree.js";

const DEFAULTS = {
  ...{ flow: null, base: null, new: null, excluded: null },
  ...{ label: "", thread: "", weight: "wall", own: null, collapse: null },
  ...{ scale: "time", of: "own", least: "0.01", sort: "own", q: "", rows: null },
};
const GROUPS = ["flow", "base", "new", "excluded"];
const JUMPS = ["label", "thread", "weight", "scale", "of"];

export class DiffState {
  // listener(patch, restored) hears of every change.
  constructor(graph, listener) {
    Object.assign(this, { graph, listener });
    this.values = this.#read();
    this.address = new Address(() => this.#write(), graph.settled);
  }

  change(patch) {
    const jump = JUMPS.some((name) => name in patch && patch[name] !== this.values[name]);
    if (jump) this.address.now();
    Object.assign(this.values, patch);
    if (jump) this.address.now("pushState");
    this.listener(patch, false);
    this.address.later();
  }

  restore() {
    this.address.cancel();
    Object.assign(this.values, this.#read());
    this.listener(this.values, true);
  }

  #read() {
    const query = readQuery();
    const values = Object.fromEntries(
      Object.entries(DEFAULTS).map(([name, value]) => [name, query.get(name) ?? value]),
    );
    const part = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(query.get("part") ?? "");
    const [from, to] = part ? part.slice(1).map(Number) : [0, 1];
    return { mode: "diff", ...values, from, to, scroll: 0, selected: readNode(query.get("node")), colour: "package" };
  }

  #write() {
    const { values } = this;
    const { from, to, selected } = values;
    const kept = Object.entries(DEFAULTS).map(([name, value]) => [name, values[name] === value ? null : values[name]]);
    const whole = isWhole({ from, to }, this.graph.bounds);
    const part = whole ? null : `${Number(from.toFixed(2))}-${Number(to.toFixed(2))}`;
    return { ...Object.fromEntries(kept), part, node: selected?.join(".") ?? null };
  }

  // The parameters of data: some values of state, and the moments of the address.
  asked(names) {
    const { values } = this;
    const set = [...GROUPS, ...names].filter((name) => values[name] !== null && values[name] !== "");
    const { from = null, to = null } = Object.fromEntries(readQuery());
    return changed(new URLSearchParams(set.map((name) => [name, values[name]])), { from, to });
  }
}
