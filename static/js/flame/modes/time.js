// Time order: every call where it happened, drawn from tiles; coarser tiles where finer ones are still on their way.
import { rangeValues } from "../../canvas/address.js";
import { around, isWhole, scaleOf, whole, within } from "../../canvas/range.js";
import { calls as callsText, microseconds, position } from "../../format.js";
import { fetchMatch } from "../api.js";
import { OTHER } from "../items.js";
import { boundsOf, levelFor, neighbours, ROW, tileSize, tilesOf } from "../levels.js";
import { readMoments, toMoments } from "../moments.js";
import { MOST_BOXES } from "../painter.js";

const LEGENDS = {
  wall: "Colour: package. Striped: calls too short to draw, merged; as high as they fill their time.",
  cpu: "Colour: package, paler where the call was off the CPU. Striped: merged calls.",
};

export class TimeOrder {
  name = "time";
  parameters = ["call"];
  map = 46;

  constructor(flame) {
    Object.assign(this, { flame, config: flame.config });
  }

  get extent() {
    return Math.max(1, this.config.extent);
  }

  get bounds() {
    return boundsOf(this.extent);
  }

  depth({ thread }) {
    return this.flame.threads.find(({ number }) => number === thread)?.depth ?? 1;
  }

  axis(range) {
    return { range: toMoments(range, this.config), textOf: (ms, step) => (ms === 0 ? "0" : position(ms, step)) };
  }

  legend(weight) {
    return LEGENDS[weight];
  }

  // Its tiles are asked for while it is drawn.
  follow() {}

  // view: what Painter.begin takes
  draw(painter, view) {
    const { thread } = this.flame.state;
    const { config } = this;
    let level = levelFor(view.range.to - view.range.from, view.geometry.width, config);
    let missing = this.#addLevel(painter, view, level);
    while (painter.boxes.length > MOST_BOXES && level < config.top) {
      level += config.step;
      missing = this.#addLevel(painter, view, level);
    }
    const overview = [config.top, 0];
    const wanted = missing.length ? [...missing, overview] : [overview, ...neighbours(view.range, level, config)];
    this.flame.tiles.want(thread, wanted);
    return missing.length === 0;
  }

  // Adds the tiles of a level; answers those that are missing, as [level, index].
  #addLevel(painter, view, level) {
    const { config } = this;
    painter.begin(view);
    const missing = [];
    let before = -1;
    for (const index of tilesOf(view.range.from, view.range.to, level, config)) {
      const tile = this.#tile(level, index);
      // What began in the tile to the left was drawn with it, unless that one is missing or out of view.
      const skipBefore = before === index - 1 ? index * tileSize(level, config) : -Infinity;
      if (tile) painter.add(tile, -Infinity, Infinity, skipBefore);
      else this.#addCoarser(painter, level, index);
      if (tile) before = index;
      else missing.push([level, index]);
    }
    return missing;
  }

  #addCoarser(painter, level, index) {
    const { config } = this;
    const [from, to] = [index, index + 1].map((side) => side * tileSize(level, config));
    for (let coarser = level + config.step; coarser <= config.top; coarser += config.step) {
      const tile = this.#tile(coarser, Math.floor(from / tileSize(coarser, config)));
      if (tile) return painter.add(tile, from, to);
    }
  }

  #tile(level, index) {
    return this.flame.tiles.get(this.flame.state.thread, level, index);
  }

  drawMap(picture, state) {
    const { thread, from, to, colour: colouring } = state;
    const tile = this.#tile(this.config.top, 0);
    const overview = scaleOf(whole(this.bounds), picture.geometry.width);
    picture.minimap.draw(picture, { thread, tile, depth: this.depth(state), overview, range: { from, to }, colouring });
    return Boolean(tile);
  }

  isRun(items, i) {
    return items.calls[i] > 1;
  }

  // A run is as high as its calls fill its width.
  fill(items, i) {
    return this.isRun(items, i) ? Math.min(1, items.total[i] / Math.max(1, items.width[i])) : 1;
  }

  // By weight of CPU the share of time on the CPU: 0 for most of it; null where shades only tell neighbours apart.
  shade(items, i) {
    if (this.flame.state.weight !== "cpu") return null;
    const onCpu = items.total[i] ? items.cpu[i] / items.total[i] : 1;
    if (onCpu > 0.75) return 0;
    return onCpu > 0.25 ? 1 : 2;
  }

  describe({ items, i, run }, methods) {
    const method = items.method[i];
    const name = method === OTHER ? "other" : (methods?.names[method] ?? "…");
    if (run) return describeRun(items, i, name);
    const cpu = items.cpu[i] ? ` · ${microseconds(items.cpu[i])} CPU` : "";
    const packageName = methods?.packages[methods.package[method]] ?? "";
    return [name, packageName, `${microseconds(items.width[i])}${cpu}`].filter(Boolean);
  }

  // The exact call at `at` in a run, else the one that is drawn.
  select({ items, i, run }, at, reveal = false) {
    const [start, end] = [items.start[i], items.start[i] + items.width[i]];
    const inside = Math.min(end, Math.max(start, Math.floor(at)));
    return this.reselect({ depth: items.depth[i], at: run ? inside : start }, reveal);
  }

  async reselect({ depth, at }, reveal = false) {
    const { flame } = this;
    const selected = await flame.attempt("call", flame.inspector.show(flame.state.thread, depth, at));
    if (selected) flame.change({ selected, ...(reveal ? this.#revealing(selected) : {}) });
  }

  async step(direction) {
    const { flame } = this;
    const { thread, query, selected } = flame.state;
    const asked = { q: query.trim(), ...(selected ? { depth: selected.depth, at: selected.at } : {}) };
    if (direction < 0) asked.back = "on";
    const found = fetchMatch(this.config.base, thread, new URLSearchParams(asked));
    const call = await flame.attempt("match", found);
    if (call) await this.reselect(call, true);
  }

  // What brings a call into view without changing the zoom more than needed.
  #revealing({ at, duration, depth }) {
    const { from, to, scroll } = this.flame.state;
    const { rows } = this.flame.picture.geometry;
    const outside = at + duration < from || at > to;
    const patch = outside ? around(this.bounds, at, Math.max(duration, (to - from) / 4)) : {};
    if (depth * ROW < scroll) patch.scroll = depth * ROW;
    if ((depth + 1) * ROW > scroll + rows) patch.scroll = (depth + 1) * ROW - rows;
    return patch;
  }

  place({ at, duration }) {
    return at === undefined ? null : { start: at, length: duration ?? 0 };
  }

  open({ items, i }) {
    return around(this.bounds, items.start[i], items.width[i]);
  }

  enter({ at, duration }) {
    return around(this.bounds, at, duration ?? 0);
  }

  address = {
    read: (query) => {
      const { range, notice } = readMoments(query, this.config);
      const selected = readCall(query.get("call"));
      const shown = range ? within(this.bounds, range.from, range.to) : whole(this.bounds);
      return { ...shown, selected, focus: [], notice, span: null };
    },
    write: ({ from, to, selected }) => ({
      ...rangeValues(isWhole({ from, to }, this.bounds) ? null : toMoments({ from, to }, this.config)),
      call: selected && `${selected.depth}:${selected.at}`,
    }),
  };
}

function describeRun(items, i, name) {
  const [longest, total, width] = [items.longest[i], items.total[i], items.width[i]].map(microseconds);
  return [callsText(items.calls[i]), `longest: ${name}, ${longest}`, `${total} together within ${width}`];
}

// A call is named by its depth and a position in it, in µs since the first call.
function readCall(text) {
  const [, depth, at] = /^(\d+):(\d+)$/.exec(text ?? "") ?? [];
  return depth === undefined ? null : { depth: Number(depth), at: Number(at), duration: null };
}
