// Left heavy: calls with the same path of callers merged, the heaviest first.
import { fetchTree } from "../api.js";
import { nodeAt, OTHER, pathOf } from "../items.js";
import { askedWith } from "../scope.js";
import { readNode, TreeMode } from "./tree.js";

const LEGENDS = {
  wall: "Same paths merged, heaviest left. Double-click or Enter looks at a call by itself.",
  cpu: "Same paths merged by CPU time, heaviest left. Double-click or Enter looks at a call by itself.",
};

export class LeftHeavy extends TreeMode {
  name = "heavy";
  parameters = ["part", "focus", "node"];
  asks = ["focus"];

  get parts() {
    return [this.tree.items];
  }

  legend(weight) {
    return LEGENDS[weight];
  }

  fetch(state) {
    return fetchTree(this.config.base, state.thread, askedWith(state, { path: state.focus.join(".") }));
  }

  nameOf({ items, i }) {
    return { path: pathOf(items, i), depth: items.depth[i] };
  }

  find({ path }) {
    const i = path ? nodeAt(this.tree.items, path) : -1;
    return i < 0 ? null : { items: this.tree.items, i };
  }

  open({ items, i }) {
    const path = pathOf(items, items.method[i] === OTHER ? items.parent[i] : i);
    return { focus: [...this.flame.state.focus.slice(0, -1), ...path], selected: null };
  }

  address = {
    read: (query) => {
      const focus = (query.get("focus") ?? "").split(".").filter((method) => /^\d+$/.test(method));
      const path = readNode(query.get("node"));
      const selected = path && { path, depth: path.length - 1 };
      return { ...this.readPart(query), selected, focus: focus.map(Number) };
    },
    write: ({ from, to, focus, selected }) => ({
      part: this.writePart({ from, to }),
      focus: focus.length ? focus.join(".") : null,
      node: selected?.path?.join(".") ?? null,
    }),
  };
}
