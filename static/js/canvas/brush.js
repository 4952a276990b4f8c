// The brush over an overview of a whole axis: it shows which range is in view, and moves it.
import { centred, isWhole } from "./range.js";

const EDGE = 6; // pixels beside an edge that still take hold of it
const CURSORS = { from: "ew-resize", to: "ew-resize", inside: "grab", new: "crosshair" };

// What a press at x takes hold of, for a brush from `left` to `right`; one over everything has no edges to hold.
export function gripAt(x, left, right, all) {
  if (all) return "new";
  if (Math.abs(x - left) < EDGE) return "from";
  if (Math.abs(x - right) < EDGE) return "to";
  return x > left && x < right ? "inside" : "new";
}

// The range that a drag from `start` to `at` makes of the one it began with.
export function brushed(grip, { from, to }, start, at) {
  if (grip === "from") return { from: Math.min(at, to), to };
  if (grip === "to") return { from, to: Math.max(at, from) };
  if (grip === "inside") return { from: from + at - start, to: to + at - start };
  return { from: Math.min(start, at), to: Math.max(start, at) };
}

// `view` has range, bounds, overview (the scale of the whole axis) and show(from, to).
export class Brush {
  constructor(view) {
    Object.assign(this, { view, held: null });
  }

  #gripAt(x) {
    const { range, bounds, overview } = this.view;
    return gripAt(x, overview.x(range.from), overview.x(range.to), isWhole(range, bounds));
  }

  cursor(x) {
    return CURSORS[this.#gripAt(x)];
  }

  press({ x }) {
    this.held = { grip: this.#gripAt(x), range: { ...this.view.range } };
  }

  drag(now, _, start) {
    const { overview } = this.view;
    const { from, to } = brushed(this.held.grip, this.held.range, overview.at(start.x), overview.at(now.x));
    this.view.show(from, to);
  }

  click({ x }) {
    const { range, bounds, overview } = this.view;
    if (this.held.grip !== "new") return;
    const { from, to } = centred(range, bounds, overview.at(x));
    this.view.show(from, to);
  }
}

export function drawBrush(context, left, right, { width, height }, colours) {
  context.fillStyle = colours.veil;
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, width - right, height);
  context.strokeStyle = colours.accent;
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), height - 1);
  context.fillStyle = colours.accent;
  for (const edge of [left, right]) {
    context.fillRect(Math.min(Math.max(edge - 1.5, 0), width - 3), height / 2 - 7, 3, 14);
  }
}
