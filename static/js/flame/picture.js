// One frame: the tiles or tree that the state asks for, coarser tiles where finer ones are still on their way.
import { drawAxis } from "./axis.js";
import { hatch, readColours } from "./colours.js";
import { MOST_BOXES, Painter } from "./draw.js";
import { Minimap } from "./minimap.js";
import { ROW, TILE_SHIFT, clampScroll, layout, levelFor, tilesOf } from "./view.js";

export class Picture {
  constructor(canvas, config, tiles) {
    Object.assign(this, { canvas, config, tiles });
    this.context = canvas.getContext("2d", { alpha: false });
    this.painter = new Painter(this.context);
    this.minimap = new Minimap();
    this.methods = null;
    this.matches = null;
    this.tree = null;
    this.refreshColours();
    this.resize();
  }

  refreshColours() {
    this.colours = readColours(this.canvas.parentElement);
    this.font = `11.5px ${getComputedStyle(this.canvas).fontFamily}`;
    this.scale = 0;
    this.theme = (this.theme ?? 0) + 1;
  }

  resize() {
    const scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (this.width === width && this.height === height && this.scale === scale) return;
    Object.assign(this, { width, height, scale });
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pattern = hatch(this.context, this.colours, scale);
  }

  // How wide the whole axis is: the profile's time, or what the merged tree weighs.
  extent(state) {
    return Math.max(1, state.mode === "heavy" ? (this.tree?.total ?? this.config.extent) : this.config.extent);
  }

  // Draws everything; true when nothing better is still to come.
  draw(state, depth, hovered) {
    this.resize();
    const { context, width, height, colours, scale } = this;
    if (!width || !height) return false;
    this.geometry = layout(width, height, state.mode);
    state.scroll = clampScroll(state.scroll, depth, this.geometry.rows);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = colours.surface;
    context.fillRect(0, 0, width, height);
    const heavy = state.mode === "heavy";
    const axis = heavy ? { origin: 0, whole: this.tree?.total } : { origin: this.config.origin };
    drawAxis(context, this.geometry, state, colours, this.font, axis);
    context.save();
    context.beginPath();
    context.rect(0, this.geometry.top, width, height - this.geometry.top);
    context.clip();
    const complete = heavy ? this.drawTree(state) : this.drawTiles(state);
    this.painter.paint();
    this.drawSelection(state, hovered);
    context.restore();
    this.drawScrollbar(state, depth);
    const overview = heavy || this.drawMinimap(state, depth);
    return complete && overview && this.methods !== null;
  }

  begin(state) {
    const { geometry, colours, pattern, methods, font } = this;
    const matches = this.matches && new Set(this.matches.methods);
    this.painter.begin({ geometry, colours, pattern, methods, font, matches, from: state.from, to: state.to, scroll: state.scroll, weight: state.weight });
  }

  drawTree(state) {
    this.begin(state);
    if (this.tree) this.painter.add(this.tree.items, -Infinity, Infinity);
    return this.tree !== null;
  }

  drawTiles(state) {
    const { config, width } = this;
    let level = levelFor(state.to - state.from, width, config.top);
    let complete = this.addLevel(state, level);
    while (this.painter.boxes.length > MOST_BOXES && level < config.top) {
      level += 2;
      complete = this.addLevel(state, level);
    }
    const overview = `${state.thread}/${config.top}/0`;
    this.tiles.want(complete ? [overview, ...this.neighbours(state, level)] : [...this.missing, overview]);
    return complete;
  }

  addLevel(state, level) {
    this.begin(state);
    this.missing = [];
    let before = -1;
    for (const index of tilesOf(state.from, state.to, level, this.config.extent)) {
      const size = 2 ** (level + TILE_SHIFT);
      const tile = this.tiles.get(state.thread, level, index);
      // What began in the tile to the left was drawn with it, unless that one is missing or out of view.
      if (tile) this.painter.add(tile, -Infinity, Infinity, before === index - 1 ? index * size : -Infinity);
      else this.addCoarser(state, level, index);
      if (tile) before = index;
      else this.missing.push(`${state.thread}/${level}/${index}`);
    }
    return this.missing.length === 0;
  }

  addCoarser(state, level, index) {
    const [from, to] = [index, index + 1].map((side) => side * 2 ** (level + TILE_SHIFT));
    for (let coarser = level + 2; coarser <= this.config.top; coarser += 2) {
      const tile = this.tiles.get(state.thread, coarser, Math.floor(from / 2 ** (coarser + TILE_SHIFT)));
      if (tile) return this.painter.add(tile, from, to);
    }
  }

  // What panning or zooming would need next.
  neighbours(state, level) {
    const key = (...parts) => [state.thread, ...parts].join("/");
    const { extent, top } = this.config;
    const range = state.to - state.from;
    const beside = tilesOf(state.from - range / 2, state.to + range / 2, level, extent).map((index) => key(level, index));
    const out = level + 2 <= top ? tilesOf(state.from - range / 2, state.to + range / 2, level + 2, extent).map((index) => key(level + 2, index)) : [];
    const middle = Math.floor((state.from + state.to) / 2 / 2 ** (level - 2 + TILE_SHIFT));
    return [...beside, ...out, ...(level >= 2 ? [key(level - 2, middle)] : [])];
  }

  drawSelection(state, hovered) {
    const box = this.selectedBox(state);
    if (hovered && hovered !== box) this.painter.outline(hovered, this.colours["text-soft"], 1);
    if (box) this.painter.outline(box, this.colours.accent, 2);
  }

  // Where the selected call is, also when what is drawn there is a run or out of view.
  selectedBox(state) {
    const { selected, from, to, scroll } = state;
    if (!selected || (state.mode === "heavy") !== (selected.path !== undefined)) return null;
    const found = selected.path ? this.tree && { start: this.tree.items.start[selected.node], length: this.tree.items.width[selected.node] } : { start: selected.at, length: selected.duration ?? 0 };
    if (!found) return null;
    const perPixel = this.width / (to - from);
    const left = Math.max(-4, (found.start - from) * perPixel);
    const right = Math.min(this.width + 4, (found.start + found.length - from) * perPixel);
    return { x: left, width: Math.max(3, right - left), y: this.geometry.top + selected.depth * ROW - scroll };
  }

  drawScrollbar(state, depth) {
    const { top, rows } = this.geometry;
    if (depth * ROW <= rows) return;
    const length = Math.max(24, (rows * rows) / (depth * ROW));
    this.context.fillStyle = this.colours["line-strong"];
    this.context.fillRect(this.width - 5, top + ((rows - length) * state.scroll) / (depth * ROW - rows), 4, length);
  }

  drawMinimap(state, depth) {
    const { config, colours, methods, width } = this;
    const tile = this.tiles.get(state.thread, config.top, 0);
    const key = [state.thread, width, this.scale, this.theme, methods !== null].join();
    const image = tile && this.minimap.strip(key, tile, depth, config.extent, width, colours, methods, this.scale);
    this.minimap.draw(this.context, image, state, config.extent, width, colours, this.matches?.density);
    return Boolean(tile);
  }
}
