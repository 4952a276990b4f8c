// One flame graph: holds its parts together and draws a frame when something has changed.
import { Frame } from "../canvas/frame.js";
import { Measure } from "../canvas/measure.js";
import * as ranges from "../canvas/range.js";
import { Settled } from "../canvas/settled.js";
import { onThemeChange } from "../canvas/theme.js";
import { Tip } from "../canvas/tip.js";
import { microseconds } from "../format.js";
import { fetchMethods, Tiles } from "./api.js";
import { Controls } from "./controls.js";
import { bindInput } from "./input.js";
import { Inspector } from "./inspector.js";
import { clampScroll, ROW } from "./levels.js";
import { createModes } from "./modes/index.js";
import { Picture } from "./picture.js";
import { Search } from "./search.js";
import { State } from "./state.js";
import { neighbour } from "./walk.js";

export class Flame {
  constructor(root) {
    this.root = root;
    this.config = JSON.parse(root.dataset.flame);
    this.canvas = root.querySelector("canvas");
    this.threads = [...root.querySelectorAll("select[name=thread] option")].map(readThread);
    this.settled = new Settled(root);
    this.#build();
    this.#begin();
  }

  #build() {
    const { root, config } = this;
    const part = (name) => root.querySelector(`[data-flame-${name}]`);
    const failed = (error) => this.#fail(error);
    this.frame = new Frame(() => this.#paint(), this.settled);
    this.tiles = new Tiles(config.base, () => this.redraw(), failed);
    this.modes = createModes(this);
    this.store = new State(this, (patch, restored) => this.#changed(patch, restored));
    this.picture = new Picture(this.canvas);
    this.inspector = new Inspector(part("inspector"), part("live"), config.base);
    this.tip = new Tip(part("tip"), this.canvas.parentElement);
    this.search = new Search(config.base, part("found"), (matches) => this.#found(matches), failed);
    this.measure = new Measure(part("measure"), this.#measured());
    this.controls = new Controls(this);
    this.hovered = null;
  }

  // What a measured stretch needs to know of the picture.
  #measured() {
    const flame = this;
    return {
      get scale() {
        return flame.scale;
      },
      get place() {
        return { left: 0, top: flame.picture.geometry.top };
      },
      textOf: ({ from, to }) => microseconds(to - from),
      show: (from, to) => flame.show(from, to),
      draw: () => flame.redraw(),
    };
  }

  #begin() {
    const { state } = this;
    this.named = this.#loadMethods(); // done when methods have names
    this.mode.follow(state, true);
    if (state.query) this.search.look(state.thread, state.query, 0);
    if (state.selected) this.mode.reselect(state.selected);
    bindInput(this);
    this.controls.show();
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    onThemeChange(() => {
      this.picture.refreshColours();
      this.redraw();
    });
    window.addEventListener("popstate", () => this.#back());
    this.redraw();
  }

  async #loadMethods() {
    this.picture.methods = await this.attempt("methods", fetchMethods(this.config.base));
    this.controls.show();
    this.redraw();
  }

  // The result, or null with the error told; the page is not settled meanwhile.
  async attempt(name, promise) {
    this.settled.wait(name);
    try {
      return await promise;
    } catch (error) {
      this.#fail(error);
      return null;
    } finally {
      this.settled.done(name);
    }
  }

  get state() {
    return this.store.values;
  }

  get mode() {
    return this.modes[this.state.mode];
  }

  get bounds() {
    return this.mode.bounds;
  }

  get range() {
    return { from: this.state.from, to: this.state.to };
  }

  get scale() {
    return ranges.scaleOf(this.range, this.canvas.clientWidth);
  }

  get overview() {
    return ranges.scaleOf(ranges.whole(this.bounds), this.canvas.clientWidth);
  }

  change(patch) {
    this.store.change(patch);
  }

  #back() {
    this.store.restore();
    if (this.state.selected) this.mode.reselect(this.state.selected);
  }

  // What a change of state asks for besides a new frame.
  #changed(patch, restored) {
    this.hovered = null;
    this.tip.hide();
    if ("mode" in patch || "thread" in patch || "focus" in patch) this.measure.clear();
    this.mode.follow(patch, restored);
    if ("query" in patch || "thread" in patch) this.search.look(this.state.thread, this.state.query);
    if ("selected" in patch && !patch.selected) this.inspector.clear();
    this.controls.show();
    this.redraw();
  }

  #found(matches) {
    this.picture.matches = matches;
    this.redraw();
  }

  #fail(error) {
    this.controls.showError(`${error.message} Reload the page to try again.`);
  }

  redraw() {
    this.settled.wait("picture");
    this.frame.request();
  }

  #paint() {
    const complete = this.picture.draw(this.mode, this.state, this.hovered, this.measure);
    this.measure.place();
    const searched = !this.state.query.trim() || this.picture.matches !== null;
    if (complete && searched) this.settled.done("picture");
  }

  show(from, to) {
    this.change(ranges.within(this.bounds, from, to));
  }

  showAll() {
    this.change({ ...ranges.whole(this.bounds), scroll: 0 });
  }

  zoom(factor, at) {
    this.change(ranges.zoomed(this.range, this.bounds, factor, at));
  }

  pan(us) {
    this.change(ranges.panned(this.range, this.bounds, us));
  }

  scroll(pixels) {
    this.change({ scroll: Math.max(0, this.state.scroll + pixels) });
  }

  // False where there is nothing left to scroll to.
  scrollRows(pixels) {
    const depth = this.mode.depth(this.state);
    const scroll = clampScroll(this.state.scroll + pixels, depth, this.picture.geometry.rows);
    if (scroll === this.state.scroll) return false;
    this.change({ scroll });
  }

  hover(point) {
    const box = point && point.y >= this.picture.geometry.top ? this.picture.painter.hit(point.x, point.y) : null;
    if (box) this.tip.show(this.mode.describe(box, this.picture.methods), point.x, point.y);
    else this.tip.hide();
    if (box === this.hovered) return;
    this.hovered = box;
    this.redraw();
  }

  select({ x, y }) {
    this.canvas.focus({ preventScroll: true });
    const box = this.picture.painter.hit(x, y);
    if (box) this.mode.select(box, this.scale.at(x));
    else this.change({ selected: null });
  }

  // Double click.
  open({ x, y }) {
    const box = y >= this.picture.geometry.top && this.picture.painter.hit(x, y);
    if (box) this.change(this.mode.open(box));
  }

  enter() {
    const { selected } = this.state;
    if (!selected) return this.walk(0, 0);
    const patch = this.mode.enter(selected);
    if (patch) this.change(patch);
  }

  // Lets go of one thing: the search, then the selection, then the focus.
  escape() {
    const { query, selected, focus } = this.state;
    if (this.measure.clear()) return;
    if (query) this.change({ query: "" });
    else if (selected) this.change({ selected: null });
    else if (focus.length) this.change({ focus: [] });
  }

  // Selects the neighbour of what is selected; without a selection, what is drawn in the middle of the first row.
  walk(across, down) {
    const now = this.picture.selectedBox(this.mode, this.state);
    const next = neighbour(this.picture.painter.boxes, now, across, down, { row: ROW, width: this.canvas.clientWidth });
    if (next) this.mode.select(next, next.items.start[next.i], true);
    else if (across) this.pan((across * (this.state.to - this.state.from)) / 4);
  }
}

function readThread({ value, dataset }) {
  return { number: Number(value), process: dataset.process, id: dataset.thread, depth: Number(dataset.depth) };
}
