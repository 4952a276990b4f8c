// Sandwich: one method, what called it above and what it called below, each way as a merged tree.
import { fetchSandwich } from "../api.js";
import { nodeAt, OTHER, pathOf } from "../items.js";
import { layout, ROW } from "../levels.js";
import { askedWith } from "../scope.js";
import { readNode, TreeMode } from "./tree.js";

export class Sandwich extends TreeMode {
  name = "sandwich";
  parameters = ["part", "method", "node"];
  asks = ["method"];

  get parts() {
    return [this.tree.above, this.tree.items];
  }

  legend() {
    const name = this.flame.picture.methods?.names[this.tree?.method] ?? "The method";
    return `${name}: what called it stands above, what it called below. Double-click or Enter moves to another method.`;
  }

  fetch(state) {
    return fetchSandwich(this.config.base, state.thread, askedWith(state, { method: state.method }));
  }

  // The method stands in the middle of the picture where there is room for all of it neither above nor below.
  firstScroll() {
    const { clientWidth, clientHeight } = this.flame.canvas;
    const { rows } = layout(clientWidth, clientHeight, this.map);
    return Math.max(0, this.tree.middle * ROW - rows / 2);
  }

  nameOf({ items, i }) {
    return { up: items === this.tree.above, path: pathOf(items, i) };
  }

  find({ up, path }) {
    const items = up ? this.tree.above : this.tree.items;
    const i = path ? nodeAt(items, path) : -1;
    return i < 0 ? null : { items, i };
  }

  about(items, i, methods) {
    const about = super.about(items, i, methods);
    if (items !== this.tree.above) return about;
    about.stack.reverse();
    about.facts = { Total: about.facts.Total, Calls: about.facts.Calls };
    return about;
  }

  describe({ items, i }, methods) {
    const { name, facts } = this.about(items, i, methods);
    if (items.method[i] === OTHER) return super.describe({ items, i }, methods);
    if (items === this.tree.above) return [name, `${facts.Total} of it was called from here, in ${facts.Calls}`];
    return [name, `${facts.Total} in ${facts.Calls}`, `${facts.Self} in itself`];
  }

  open({ items, i }) {
    const method = items.method[i];
    return method === OTHER ? {} : { method, selected: null };
  }

  address = {
    read: (query) => {
      const [, up, text] = /^(up\.)?(.*)$/.exec(query.get("node") ?? "");
      const path = readNode(text);
      const selected = path && { up: Boolean(up), path };
      const method = /^\d+$/.test(query.get("method") ?? "") ? Number(query.get("method")) : null;
      return { ...this.readPart(query), selected, focus: [], method };
    },
    write: ({ from, to, method, selected }) => ({
      part: this.writePart({ from, to }),
      method: method ?? null,
      node: selected?.path ? `${selected.up ? "up." : ""}${selected.path.join(".")}` : null,
    }),
  };
}
