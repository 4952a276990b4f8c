// One frame: what the mode draws, below an axis and, where the mode has one, an overview.
import { AXIS, drawAxis, drawMarks, ticksFor } from "../canvas/axis.js";
import { scaleOf } from "../canvas/range.js";
import { Surface } from "../canvas/surface.js";
import { hatch } from "../canvas/theme.js";
import { readColours } from "./colours.js";
import { clampScroll, layout, ROW } from "./levels.js";
import { Minimap } from "./minimap.js";
import { Painter } from "./painter.js";

const APART = 110; // pixels between ticks
const MARK = 5;
const BAR = 4; // width of the scrollbar

export class Picture {
  methods = null; // names, packages and colours of all methods, once they are there
  matches = null; // what a search found

  constructor(canvas) {
    this.canvas = canvas;
    this.surface = new Surface(canvas, { styled: false, opaque: true });
    this.painter = new Painter(this.surface.context);
    this.minimap = new Minimap();
    this.geometry = layout(1, 1, 0);
    this.theme = 0; // counts changes of colours
    this.refreshColours();
  }

  refreshColours() {
    this.colours = readColours(this.canvas.parentElement);
    this.font = `11.5px ${getComputedStyle(this.canvas).fontFamily}`;
    this.pattern = null;
    this.theme++;
  }

  // Draws everything; true when nothing better is still to come.
  draw(mode, state, hovered, measure) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return false;
    const depth = mode.depth(state);
    this.geometry = layout(width, height, mode.map);
    state.scroll = clampScroll(state.scroll, depth, this.geometry.rows);
    const context = this.surface.begin(width, height);
    context.fillStyle = this.colours.surface;
    context.fillRect(0, 0, width, height);
    this.#drawAxis(mode.axis(state));
    const complete = this.#drawRows(mode, state, hovered, measure);
    this.#drawScrollbar(state.scroll, depth);
    const overview = mode.drawMap(this, state);
    return complete && overview && this.methods !== null;
  }

  #drawAxis({ range, textOf }) {
    const { geometry, colours } = this;
    const { width, height, axis } = geometry;
    const { context } = this.surface;
    const ticks = ticksFor(scaleOf(range, width), APART);
    context.font = this.font;
    drawMarks(context, ticks.ticks, axis + AXIS - MARK, height - axis - AXIS + MARK, colours.line);
    drawAxis(context, { top: axis, width }, ticks, textOf, colours);
  }

  #drawRows(mode, state, hovered, measure) {
    const { context } = this.surface;
    const { width, height, top } = this.geometry;
    context.save();
    context.beginPath();
    context.rect(0, top, width, height - top);
    context.clip();
    const complete = mode.draw(this.painter, this.#view(mode, state));
    this.painter.paint();
    this.#drawSelection(mode, state, hovered);
    measure?.drawBand(context, top, height - top, this.colours);
    context.restore();
    return complete;
  }

  #view(look, { from, to, scroll, colour: colouring }) {
    const { geometry, colours, methods, font } = this;
    const { ratio, context } = this.surface;
    if (this.pattern?.ratio !== ratio) {
      this.pattern = { ratio, stripes: hatch(context, { stripe: colours.stripe, ratio }) };
    }
    const matches = this.matches && new Set(this.matches.methods);
    const pattern = this.pattern.stripes;
    return { geometry, colours, pattern, methods, font, matches, range: { from, to }, scroll, look, colouring };
  }

  #drawSelection(mode, state, hovered) {
    const box = this.selectedBox(mode, state);
    if (hovered) this.painter.outline(hovered, this.colours["text-soft"], 1);
    if (box) this.painter.outline(box, this.colours.accent, 2);
  }

  // Where the selected call is, also when what is drawn there is a run or out of view.
  selectedBox(mode, state) {
    const { selected, scroll } = state;
    const place = selected && mode.place(selected);
    if (!place) return null;
    const { width, top } = this.geometry;
    const scale = scaleOf(state, width);
    const left = Math.max(-4, scale.x(place.start));
    const right = Math.min(width + 4, scale.x(place.start + place.length));
    return { x: left, width: Math.max(3, right - left), y: top + (place.depth ?? selected.depth) * ROW - scroll };
  }

  #drawScrollbar(scroll, depth) {
    const { top, rows, width } = this.geometry;
    const { context } = this.surface;
    if (depth * ROW <= rows) return;
    const length = Math.max(24, (rows * rows) / (depth * ROW));
    context.fillStyle = this.colours["line-strong"];
    context.fillRect(width - BAR - 1, top + ((rows - length) * scroll) / (depth * ROW - rows), BAR, length);
  }
}
