// Draws items as boxes: exact calls solid, runs hatched and only as high as they are full. Keeps what it drew for hits.
import { calls as callsText } from "./format.js";
import { SHADES } from "./colours.js";
import { OTHER, isRun } from "./items.js";
import { ROW } from "./view.js";

export const MOST_BOXES = 10_000;
const LABEL_LEAST = 24;
const WIDTH_LEAST = 1;
const PAD = 4;
const MATCH = -1;
const DIM = -2;

export class Painter {
  constructor(context) {
    this.context = context;
    this.widths = new Map();
    this.boxes = [];
  }

  begin(view) {
    // view: geometry, from, to, scroll, colours, pattern, methods, matches, weight, font
    Object.assign(this, view);
    this.boxes = [];
    this.byColour = new Map();
  }

  // The part of `items` between `clipFrom` and `clipTo`; `skipBefore` leaves out what began further left.
  add(items, clipFrom, clipTo, skipBefore = -Infinity) {
    const { geometry, from, to, scroll } = this;
    const scale = geometry.width / (to - from);
    const [firstRow, lastRow] = [Math.floor(scroll / ROW), Math.ceil((scroll + geometry.rows) / ROW)];
    for (let i = 0; i < items.length; i++) {
      const depth = items.depth[i];
      if (depth < firstRow || depth >= lastRow || items.start[i] < skipBefore) continue;
      const end = Math.min(items.start[i] + items.width[i], clipTo);
      const start = Math.max(items.start[i], clipFrom);
      if (end < from || start > to) continue;
      const x = Math.max(-2, (start - from) * scale);
      const width = Math.min(geometry.width + 2, (end - from) * scale) - x;
      this.put(items, i, x, geometry.top + depth * ROW - scroll, Math.max(width, WIDTH_LEAST));
    }
  }

  put(items, i, x, y, width) {
    const run = isRun(items, i);
    const full = run && !items.merged ? Math.min(1, items.total[i] / Math.max(1, items.width[i])) : 1;
    const box = { items, i, x, y, width, height: Math.max(3, Math.round((ROW - 1) * full)), run };
    const colour = this.colourOf(items, i);
    this.boxes.push(box);
    const same = this.byColour.get(colour);
    if (same) same.push(box);
    else this.byColour.set(colour, [box]);
  }

  colourOf(items, i) {
    const method = items.method[i];
    if (this.matches) return this.matches.has(method) ? MATCH : DIM;
    if (method === OTHER || !this.methods) return SHADES - 1;
    const category = this.methods.colours[this.methods.package[method]];
    return category * SHADES + this.shadeOf(items, i, method);
  }

  // By weight of CPU the shade is the share of time on the CPU; else it only tells neighbours apart.
  shadeOf(items, i, method) {
    if (this.weight !== "cpu" || items.merged) return (method * 7) % SHADES;
    const onCpu = items.total[i] ? items.cpu[i] / items.total[i] : 1;
    return onCpu > 0.75 ? 0 : onCpu > 0.25 ? 1 : 2;
  }

  paint() {
    const { context, colours, pattern } = this;
    for (const [colour, boxes] of this.byColour) {
      context.fillStyle = colour === MATCH ? colours.match : colour === DIM ? colours.dim : colours.shades[colour];
      for (const box of boxes) context.fillRect(box.x, box.y, box.width > 3 ? box.width - 0.75 : box.width, box.height);
    }
    context.fillStyle = pattern;
    for (const box of this.boxes) {
      if (box.run && box.width > 1.5) context.fillRect(box.x, box.y, box.width - 0.75, box.height);
    }
    this.labels();
  }

  labels() {
    const { context, colours, font } = this;
    context.font = font;
    context.textBaseline = "middle";
    for (const box of this.boxes) {
      const left = Math.max(box.x, 0);
      const room = Math.min(box.x + box.width, this.geometry.width) - left - 2 * PAD;
      if (room < LABEL_LEAST - 2 * PAD || box.height < 12) continue;
      const matched = this.matches?.has(box.items.method[box.i]);
      context.fillStyle = matched ? colours["on-accent"] : this.matches ? colours["text-faint"] : colours["on-category"];
      const text = this.fitted(this.labelOf(box), room);
      if (text) context.fillText(text, left + PAD, box.y + box.height / 2 + 0.5);
    }
  }

  labelOf({ items, i, run }) {
    if (items.method[i] === OTHER) return `other, ${callsText(items.calls[i])}`;
    if (run) return callsText(items.calls[i]);
    return this.methods?.names[items.method[i]] ?? "";
  }

  fitted(text, room) {
    const width = this.measured(text);
    if (width <= room) return text;
    // Letters differ in width: a little less than the share of the whole is sure to fit nearly always.
    const letters = Math.floor(((room - this.measured("…")) / width) * text.length * 0.94);
    if (letters < 4) return "";
    // Names begin alike and differ at their ends.
    const head = Math.ceil(letters * 0.4);
    return `${text.slice(0, head)}…${text.slice(head - letters)}`;
  }

  measured(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20_000) this.widths.clear();
      width = this.context.measureText(text).width;
      this.widths.set(text, width);
    }
    return width;
  }

  outline(box, colour, line = 2) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = line;
    this.context.strokeRect(box.x + line / 2, box.y + line / 2, Math.max(2, box.width - line), ROW - 1 - line);
  }

  // What is drawn at a point; narrow boxes are found within two pixels.
  hit(x, y) {
    let near = null;
    for (let n = this.boxes.length - 1; n >= 0; n--) {
      const box = this.boxes[n];
      if (y < box.y || y >= box.y + ROW) continue;
      if (x >= box.x && x < box.x + box.width) return box;
      if (Math.abs(x - box.x - box.width / 2) < 2 + box.width / 2) near = box;
    }
    return near;
  }
}
