// The pointer over the lanes: hovering explains, dragging measures (with Shift it moves along the axis), a click
// selects. The wheel is as over every canvas.
import { Gestures } from "../canvas/gestures.js";
import { Tip } from "../canvas/tip.js";
import { onWheel, turnRows } from "../canvas/wheel.js";
import { count, duration, moment, offset, quantity } from "../format.js";
import { valueAt } from "./curves.js";
import { partAt } from "./lanes.js";
import { momentAt } from "./sides.js";

export class Pointer {
  constructor(timeline) {
    const { lanes: canvas, plot, tip } = timeline.parts;
    Object.assign(this, { timeline, canvas, tip: new Tip(tip, timeline.root) });
    new Gestures(canvas, {
      hover: (point) => (point ? this.#explain(point) : this.#hide()),
      drag: (now, _, start) => this.#measure(start.x, now.x),
      pan: (now, before) => this.#pan(before.x - now.x),
      drop: () => timeline.measure.drop(),
      cancel: () => timeline.measure.clear(),
      pinch: (factor, x) => timeline.zoom(factor, timeline.scale.at(x)),
      click: ({ x, y }) => this.#click(x, y),
    });
    onWheel(canvas, (wheel) =>
      turnRows(wheel, {
        zoom: (factor, x) => timeline.zoom(factor, timeline.scale.at(x)),
        pan: (pixels) => timeline.pan(pixels * timeline.scale.perPixel),
        scroll: () => false,
      }),
    );
    plot.addEventListener("pointermove", (event) => this.#moveCursor(event));
    plot.addEventListener("pointerleave", () => this.#leave());
  }

  #measure(start, now) {
    this.#hide();
    this.timeline.measure.drag(start, now);
  }

  #pan(pixels) {
    this.#hide();
    this.timeline.pan(pixels * this.timeline.scale.perPixel);
  }

  #click(x, y) {
    this.timeline.measure.clear();
    this.timeline.select(partAt(this.timeline, x, y).span ?? null, { open: true });
  }

  #hide() {
    this.tip.hide();
    this.timeline.hover(null);
  }

  #moveCursor(event) {
    const { scale, left, parts } = this.timeline;
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const outside = x < 0 || x > scale.width;
    parts.cursor.hidden = outside;
    parts.clock.hidden = outside;
    if (outside) return this.timeline.labels.read(null);
    parts.cursor.style.setProperty("left", `${x + left}px`);
    const ms = scale.at(x);
    this.timeline.labels.read(ms);
    parts.clock.textContent = clockText(this.timeline, ms, scale.perPixel * 10);
  }

  #leave() {
    const { cursor, clock } = this.timeline.parts;
    cursor.hidden = true;
    clock.hidden = true;
    this.timeline.labels.read(null);
    this.#hide();
  }

  // A span in words, and how long the same thing took on the other side.
  linesOf(span) {
    const other = this.timeline.otherOf(span);
    const side = other && this.timeline.model.byKey.get(other.key).lane.side;
    return [...described(span), ...(other ? [`${side}: ${described(other)[1]}`] : [])];
  }

  #explain({ x, y }) {
    const { timeline } = this;
    const { lane, span } = partAt(timeline, x, y);
    timeline.hover(span ?? null);
    this.canvas.style.setProperty("cursor", span ? "pointer" : "default");
    const lines = span ? this.linesOf(span) : curveLines(lane, timeline.scale.at(x));
    if (!lines) return this.tip.hide();
    const [from, to] = [this.canvas, timeline.root].map((element) => element.getBoundingClientRect());
    this.tip.show(lines, x + from.left - to.left, y + from.top - to.top);
  }
}

function curveLines(lane, ms) {
  if (!lane?.curve.length) return null;
  const value = valueAt(lane.curve, ms);
  return value === null ? null : [lane.name, quantity(value, lane.unit)];
}

// What the cursor stands at: a moment of the session, or one of each of two.
function clockText({ model, stepwise }, ms, precision) {
  if (!model.sides.size) return `${offset(ms, precision)} · ${moment(model.origin + ms)}`;
  const own = ({ name, parts }) => `${name} ${offset(stepwise ? momentAt(parts, ms) : ms, precision)}`;
  return [...model.sides.values()].map(own).join(" · ");
}

// A span in words: its name, when it began and how long it took; a run says what it stands for.
export function described(span) {
  const { start, end } = span.own ?? span;
  const when = offset(start, Math.max((end - start) / 100, 0.001));
  const length = end > start ? duration(end - start) : "an instant";
  if (span.count === 1) return [span.name, `${when} · ${length}`];
  return [`${count(span.count)} in a row`, `longest or last: ${span.name}`, `${when} · over ${length}`];
}
