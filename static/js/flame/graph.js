// One picture of boxes on an axis and how it is moved about: what the flame graph of a session and that of a difference
// share. Who extends it has a store (values of state, change), modes, and paint().
import { Frame } from "../canvas/frame.js";
import { Measure } from "../canvas/measure.js";
import * as ranges from "../canvas/range.js";
import { Settled } from "../canvas/settled.js";
import { onThemeChange } from "../canvas/theme.js";
import { Tip } from "../canvas/tip.js";
import { microseconds } from "../format.js";
import { bindInput } from "./input.js";
import { clampScroll, ROW } from "./levels.js";
import { Picture } from "./picture.js";
import { neighbour } from "./walk.js";

export class Graph {
  hovered = null;

  constructor(root) {
    this.root = root;
    this.config = JSON.parse(root.dataset.flame);
    this.canvas = root.querySelector("canvas");
    this.settled = new Settled(root);
    this.frame = new Frame(() => this.paint(), this.settled);
    this.picture = new Picture(this.canvas);
    this.tip = new Tip(this.part("tip"), this.canvas.parentElement);
    this.measure = new Measure(this.part("measure"), this.#measured());
  }

  part(name) {
    return this.root.querySelector(`[data-flame-${name}]`);
  }

  // What a measured stretch needs to know of the picture.
  #measured() {
    const graph = this;
    return {
      get scale() {
        return graph.scale;
      },
      get place() {
        return { left: 0, top: graph.picture.geometry.top };
      },
      textOf: ({ from, to }) => microseconds(to - from),
      show: (from, to) => graph.show(from, to),
      draw: () => graph.redraw(),
    };
  }

  // Follows pointer, keys, the window's size and the theme.
  listen() {
    bindInput(this);
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    onThemeChange(() => {
      this.picture.refreshColours();
      this.redraw();
    });
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

  // The result, or null with the error told; the page is not settled meanwhile.
  async attempt(name, promise) {
    this.settled.wait(name);
    try {
      return await promise;
    } catch (error) {
      this.fail(error);
      return null;
    } finally {
      this.settled.done(name);
    }
  }

  fail(error) {
    const element = this.part("error");
    element.textContent = `${error.message} Reload the page to try again.`;
    element.hidden = false;
  }

  redraw() {
    this.settled.wait("picture");
    this.frame.request();
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

  // Selects the neighbour of what is selected; without a selection, what is drawn in the middle of the first row.
  walk(across, down) {
    const now = this.picture.selectedBox(this.mode, this.state);
    const next = neighbour(this.picture.painter.boxes, now, across, down, { row: ROW, width: this.canvas.clientWidth });
    if (next) this.mode.select(next, next.items.start[next.i], true);
    else if (across) this.pan((across * (this.state.to - this.state.from)) / 4);
  }
}
