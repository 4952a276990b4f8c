// The flame graph of a session: holds its parts together and draws a frame when something has changed.
import { fetchMethods, Tiles } from "./api.js";
import { Controls } from "./controls.js";
import { Graph } from "./graph.js";
import { Inspector } from "./inspector.js";
import { createModes } from "./modes/index.js";
import { Search } from "./search.js";
import { State } from "./state.js";

export class Flame extends Graph {
  constructor(root) {
    super(root);
    const { config } = this;
    this.threads = [...root.querySelectorAll("option[data-thread]")].map(readThread);
    this.tiles = new Tiles(
      config.base,
      () => this.redraw(),
      (error) => this.fail(error),
    );
    this.modes = createModes(this);
    this.store = new State(this, (patch, restored) => this.#changed(patch, restored));
    this.inspector = new Inspector(this.part("inspector"), this.part("live"), config.base);
    this.search = new Search(
      config.base,
      this.part("found"),
      (matches) => this.#found(matches),
      (error) => this.fail(error),
    );
    this.controls = new Controls(this);
    this.#begin();
  }

  #begin() {
    const { state } = this;
    this.named = this.#loadMethods(); // done when methods have names
    this.mode.follow(state, true);
    if (state.query) this.search.look(state.thread, state.query, 0);
    if (state.selected) this.mode.reselect(state.selected);
    this.listen();
    this.controls.show();
    window.addEventListener("popstate", () => this.#back());
    this.redraw();
  }

  async #loadMethods() {
    this.picture.methods = await this.attempt("methods", fetchMethods(this.config.base));
    this.controls.show();
    this.redraw();
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

  paint() {
    if (this.mode.flat) return this.settled.done("picture");
    const complete = this.picture.draw(this.mode, this.state, this.hovered, this.measure);
    this.measure.place();
    const searched = !this.state.query.trim() || this.picture.matches !== null;
    if (complete && searched) this.settled.done("picture");
  }

  // The next match of the search, or the one before.
  step(direction) {
    if (this.state.query.trim()) this.mode.step?.(direction);
  }

  // Shows what happened between two moments, in µs since the first call; null for all.
  showSpan(span) {
    if (this.mode.name === "time") return span ? this.show(span.from, span.to) : this.showAll();
    this.store.changeSpan(span);
  }

  // Lets go of one thing: the search, then the selection, then the focus.
  escape() {
    const { query, selected, focus } = this.state;
    if (this.measure.clear()) return;
    if (query) this.change({ query: "" });
    else if (selected) this.change({ selected: null });
    else if (focus.length) this.change({ focus: [] });
  }
}

function readThread({ value, dataset }) {
  return { number: Number(value), process: dataset.process, id: dataset.thread, depth: Number(dataset.depth) };
}
