// Draws items as boxes: exact calls solid, runs hatched and only as high as they are full. Keeps what it drew for hits.
import { calls as callsText } from "../format.js";
import { SHADES } from "./colours.js";
import { OTHER } from "./items.js";
import { ROW } from "./levels.js";

export const MOST_BOXES = 10_000;
const LABEL_LEAST = 24;
const WIDTH_LEAST = 1;
const PAD = 4;
const GAP = 0.75; // between neighbours that are wide enough for one
const MATCH = -1;
const DIM = -2;

export class Painter {
  constructor(context) {
    Object.assign(this, { context, widths: new Map(), boxes: [] });
  }

  // view: {geometry, range, scroll, colours, pattern, methods, matches, font, colouring, look}: colouring is "package"
  // or "method", look the mode
  begin(view) {
    Object.assign(this, view);
    this.boxes = [];
    this.byColour = new Map();
  }

  // The part of `items` between `clipFrom` and `clipTo`; `skipBefore` leaves out what began further left.
  add(items, clipFrom, clipTo, skipBefore = -Infinity) {
    const { geometry, range, scroll } = this;
    const { from, to } = range;
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
      this.#put(items, i, x, geometry.top + depth * ROW - scroll, Math.max(width, WIDTH_LEAST));
    }
  }

  #put(items, i, x, y, width) {
    const height = Math.max(3, Math.round((ROW - 1) * this.look.fill(items, i)));
    const run = this.look.isRun(items, i);
    const box = { items, i, x, y, width, height, run, hatched: this.look.isHatched?.(items, i) ?? run };
    const colour = this.#colourOf(items, i);
    this.boxes.push(box);
    const same = this.byColour.get(colour);
    if (same) same.push(box);
    else this.byColour.set(colour, [box]);
  }

  #colourOf(items, i) {
    const method = items.method[i];
    if (this.matches && !this.matches.has(method)) return DIM;
    if (this.look.colour) return this.look.colour(items, i);
    if (this.matches) return MATCH;
    if (method === OTHER || !this.methods) return SHADES - 1;
    return (
      categoryOf(this.methods, method, this.colouring) * SHADES + (this.look.shade(items, i) ?? (method * 7) % SHADES)
    );
  }

  paint() {
    const { context, pattern } = this;
    for (const [colour, boxes] of this.byColour) {
      context.fillStyle = this.#fillOf(colour);
      for (const box of boxes) context.fillRect(box.x, box.y, box.width > 3 ? box.width - GAP : box.width, box.height);
    }
    context.fillStyle = pattern;
    for (const box of this.boxes) {
      if (box.hatched && box.width > 1.5) context.fillRect(box.x, box.y, box.width - GAP, box.height);
    }
    this.#labels();
  }

  #fillOf(colour) {
    if (typeof colour === "string") return colour;
    if (colour === MATCH) return this.colours.match;
    return colour === DIM ? this.colours.dim : this.colours.shades[colour];
  }

  #labels() {
    const { context, font } = this;
    context.font = font;
    context.textBaseline = "middle";
    for (const box of this.boxes) {
      const left = Math.max(box.x, 0);
      const room = Math.min(box.x + box.width, this.geometry.width) - left - 2 * PAD;
      if (room < LABEL_LEAST - 2 * PAD || box.height < 12) continue;
      const text = this.#fitted(this.#labelOf(box), room);
      context.fillStyle = this.#inkOf(box);
      if (text) context.fillText(text, left + PAD, box.y + box.height / 2 + 0.5);
    }
  }

  #inkOf({ items, i }) {
    if (this.matches && !this.matches.has(items.method[i])) return this.colours["text-faint"];
    if (this.look.colour) return this.colours.text;
    return this.colours[this.matches ? "on-accent" : "on-category"];
  }

  #labelOf({ items, i, run }) {
    if (this.look.label) return this.look.label(items, i);
    if (items.method[i] === OTHER) return `other, ${callsText(items.calls[i])}`;
    if (run) return callsText(items.calls[i]);
    return this.methods?.names[items.method[i]] ?? "";
  }

  #fitted(text, room) {
    const width = this.#measured(text);
    if (width <= room) return text;
    // Letters differ in width: a little less than the share of the whole is sure to fit nearly always.
    const letters = Math.floor(((room - this.#measured("…")) / width) * text.length * 0.94);
    return letters < 3 ? "" : `${text.slice(0, letters)}…`;
  }

  #measured(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20_000) this.widths.clear();
      width = this.context.measureText(text).width;
      this.widths.set(text, width);
    }
    return width;
  }

  outline(box, colour, line) {
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

// The category that colours a method: its package's or its own; none for code of the browser or system.
export function categoryOf(methods, method, colouring) {
  if (methods.foreign[method]) return 0;
  return colouring === "method" ? methods.hues[method] : methods.colours[methods.package[method]];
}
