// One flame graph: holds its parts together and draws a frame when something has changed.
import { Tiles, fetchMethods, fetchTree } from "./api.js";
import { onThemeChange } from "./colours.js";
import { bindControls, showControls } from "./controls.js";
import { listen } from "./input.js";
import { Inspector } from "./inspector.js";
import { OTHER, pathOf } from "./items.js";
import { Picture } from "./picture.js";
import { Search } from "./search.js";
import { createState } from "./state.js";
import { Tip, describe } from "./tip.js";
import { ROW, around, panned, zoomed } from "./view.js";

export class Flame {
  constructor(root) {
    this.root = root;
    this.config = JSON.parse(root.dataset.flame);
    this.canvas = root.querySelector("canvas");
    this.threads = [...root.querySelectorAll("select[name=thread] option")].map((option) => ({ number: Number(option.value), process: option.dataset.process, id: option.dataset.thread, depth: Number(option.dataset.depth) }));
    const failed = (error) => this.fail(error);
    this.tiles = new Tiles(this.config.base, () => this.redraw(), failed);
    this.picture = new Picture(this.canvas, this.config, this.tiles);
    this.inspector = new Inspector(root.querySelector("[data-flame-inspector]"), root.querySelector("[data-flame-live]"), this.config.base);
    this.tip = new Tip(root.querySelector("[data-flame-tip]"), this.canvas.parentElement);
    this.search = new Search(this.config.base, root.querySelector("[data-flame-found]"), (found) => this.found(found), failed);
    Object.assign(this, createState(this.config, this.threads));
    this.hovered = null;
    this.listen((patch, restored) => this.changed(patch, restored));
    this.begin();
  }

  begin() {
    const { state } = this;
    this.loadMethods();
    if (state.mode === "heavy") this.loadTree({ keepRange: true });
    if (state.query) this.search.look(state.thread, state.query, 0);
    if (state.selected) this.selectAt(state.selected.depth, state.selected.at);
    listen(this.canvas, this.actions());
    bindControls(this);
    showControls(this);
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    onThemeChange(() => {
      this.picture.refreshColours();
      this.redraw();
    });
    window.addEventListener("popstate", () => this.back());
    this.redraw();
  }

  async loadMethods() {
    try {
      this.picture.methods = await fetchMethods(this.config.base);
      showControls(this);
      this.redraw();
    } catch (error) {
      this.fail(error);
    }
  }

  async loadTree({ keepRange = false } = {}) {
    const { state } = this;
    const [thread, weight, focus] = [state.thread, state.weight, state.focus.join(".")];
    this.picture.tree = null;
    try {
      const tree = await fetchTree(this.config.base, thread, weight, state.focus);
      // The state may have moved on meanwhile; then another answer is on its way.
      if (thread !== state.thread || weight !== state.weight || focus !== state.focus.join(".")) return;
      this.picture.tree = tree;
      const patch = keepRange && state.to <= tree.total ? {} : { from: 0, to: Math.max(1, tree.total), scroll: keepRange ? state.scroll : 0 };
      this.change(patch);
    } catch (error) {
      this.fail(error);
    }
  }

  get depth() {
    if (this.state.mode === "heavy") return this.picture.tree?.depth ?? 1;
    return this.threads.find((thread) => thread.number === this.state.thread)?.depth ?? 1;
  }

  get extent() {
    return this.picture.extent(this.state);
  }

  // The browser's history: the address is another, the page is the same.
  back() {
    this.restore();
    if (this.state.selected) this.selectAt(this.state.selected.depth, this.state.selected.at);
  }

  // What a change of state asks for besides a new frame.
  changed(patch, restored) {
    this.hovered = null;
    this.tip.hide();
    if ("thread" in patch || "mode" in patch || "focus" in patch || ("weight" in patch && this.state.mode === "heavy")) {
      if (this.state.mode === "heavy") this.loadTree({ keepRange: restored });
    }
    if ("query" in patch || "thread" in patch) this.search.look(this.state.thread, this.state.query);
    if ("selected" in patch && !patch.selected) this.inspector.clear();
    showControls(this);
    this.redraw();
  }

  found(matches) {
    this.picture.matches = matches;
    this.redraw();
  }

  fail(error) {
    const notice = this.root.querySelector("[data-flame-error]");
    notice.textContent = `${error.message} Reload the page to try again.`;
    notice.hidden = false;
  }

  redraw() {
    if (this.frame) return;
    this.canvas.dataset.drawn = "false";
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const complete = this.picture.draw(this.state, this.depth, this.hovered) && (!this.state.query.trim() || this.picture.matches !== null);
      this.canvas.dataset.drawn = String(complete);
    });
  }

  // Intentions of pointer and keys.
  actions() {
    const perPixel = () => (this.state.to - this.state.from) / this.canvas.clientWidth;
    const middle = () => this.canvas.clientWidth / 2;
    return {
      zoom: (factor, x = middle()) => this.change(zoomed(this.state, this.state.from + x * perPixel(), factor, this.extent)),
      pan: (pixels) => this.change(panned(this.state, pixels * perPixel(), this.extent)),
      panBy: (share) => this.change(panned(this.state, share * (this.state.to - this.state.from), this.extent)),
      scroll: (pixels) => this.change({ scroll: Math.max(0, this.state.scroll + pixels) }),
      scrollRows: (rows) => this.change({ scroll: Math.max(0, this.state.scroll + rows * ROW) }),
      home: () => this.change({ from: 0, to: this.extent, scroll: 0 }),
      onMap: ({ y }) => y < this.picture.geometry.map,
      mapTo: (x) => this.centre((x / this.canvas.clientWidth) * this.extent),
      hover: (point) => this.hover(point),
      select: (point) => this.select(this.picture.painter.hit(point.x, point.y), point),
      open: (point) => point.y >= this.picture.geometry.top && this.open(this.picture.painter.hit(point.x, point.y)),
      walk: (across, down) => this.walk(across, down),
      enter: () => this.enter(),
      escape: () => this.escape(),
    };
  }

  centre(at) {
    const range = this.state.to - this.state.from;
    this.change(panned(this.state, at - range / 2 - this.state.from, this.extent));
  }

  hover(point) {
    const box = point && point.y >= this.picture.geometry.top ? this.picture.painter.hit(point.x, point.y) : null;
    if (box) this.tip.show(describe(box, this.picture.methods, this.picture.tree?.total), point.x, point.y);
    else this.tip.hide();
    if (box === this.hovered) return;
    this.hovered = box;
    this.redraw();
  }

  select(box, point) {
    this.canvas.focus({ preventScroll: true });
    if (!box) return this.change({ selected: null });
    if (box.items.merged) return this.selectNode(box.items, box.i);
    const at = this.state.from + (point.x / this.canvas.clientWidth) * (this.state.to - this.state.from);
    const { start, width, depth } = box.items;
    const inside = Math.min(start[box.i] + width[box.i], Math.max(start[box.i], Math.floor(at)));
    return this.selectAt(depth[box.i], box.run ? inside : start[box.i]);
  }

  selectNode(items, node) {
    this.inspector.showNode(items, node, this.picture.methods, this.picture.tree.total);
    this.change({ selected: { node, path: pathOf(items, node), depth: items.depth[node] } });
  }

  async selectAt(depth, at, reveal = false) {
    try {
      const selected = await this.inspector.show(this.state.thread, depth, at);
      if (!selected) return;
      this.change({ selected });
      if (reveal) this.reveal();
    } catch (error) {
      this.fail(error);
    }
  }

  // Bring the selected call into view without changing the zoom more than needed.
  reveal() {
    const { selected, from, to, scroll } = this.state;
    const { rows } = this.picture.geometry;
    const patch = {};
    if (selected.at + selected.duration < from || selected.at > to) Object.assign(patch, around(selected.at, Math.max(selected.duration, (to - from) / 4), this.extent));
    if (selected.depth * ROW < scroll) patch.scroll = selected.depth * ROW;
    if ((selected.depth + 1) * ROW > scroll + rows) patch.scroll = (selected.depth + 1) * ROW - rows;
    this.change(patch);
  }

  // Double click: a call fills the view; a merged node is looked at by itself.
  open(box) {
    if (!box) return;
    if (box.items.merged) this.focusOn(box.items, box.i);
    else this.change(around(box.items.start[box.i], box.items.width[box.i], this.extent));
  }

  focusOn(items, node) {
    const path = pathOf(items, items.method[node] === OTHER ? items.parent[node] : node);
    this.change({ focus: [...this.state.focus.slice(0, -1), ...path], selected: null });
  }

  enter() {
    const { selected } = this.state;
    if (!selected) return this.walk(0, 0);
    if (selected.path) return this.picture.tree && this.focusOn(this.picture.tree.items, selected.node);
    return this.change(around(selected.at, selected.duration, this.extent));
  }

  escape() {
    const { state } = this;
    if (state.query) this.change({ query: "" });
    else if (state.selected) this.change({ selected: null });
    else if (state.focus.length) this.change({ focus: [] });
  }

  // Select the neighbour of what is selected; without a selection, what is drawn in the middle of the first row.
  walk(across, down) {
    const boxes = this.picture.painter.boxes;
    const now = this.picture.selectedBox(this.state);
    const y = now ? now.y + down * ROW : Math.min(...boxes.map((box) => box.y));
    const x = now ? Math.min(Math.max(now.x, 0) + now.width, this.canvas.clientWidth) / 2 + Math.max(now.x, 0) / 2 : this.canvas.clientWidth / 2;
    const row = boxes.filter((box) => Math.abs(box.y - y) < ROW / 2);
    const beside = across > 0 ? row.filter((box) => box.x >= now.x + now.width - 1) : across < 0 && now ? row.filter((box) => box.x + box.width <= now.x + 1) : row;
    const distance = (box) => Math.max(0, box.x - x, x - box.x - box.width);
    const next = beside.reduce((best, box) => (!best || distance(box) < distance(best) ? box : best), null);
    if (!next) return across ? this.change(panned(this.state, (across * (this.state.to - this.state.from)) / 4, this.extent)) : undefined;
    if (next.items.merged) return this.selectNode(next.items, next.i);
    return this.selectAt(next.items.depth[next.i], next.items.start[next.i], true);
  }
}
