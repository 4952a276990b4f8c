// The flame graphs of two groups in one: tree and table follow the form above them, which the address keeps.

import { readQuery } from "../../canvas/address.js";
import { get } from "../api.js";
import { Graph } from "../graph.js";
import { DiffInspector } from "./inspector.js";
import { DiffState } from "./state.js";
import { DiffTree } from "./tree.js";

const TREE = ["label", "thread", "weight", "own", "collapse"]; // what another tree is fetched for
const TABLE = [...TREE, "scale", "sort", "q", "rows"];

export class DiffGraph extends Graph {
  constructor(root) {
    super(root);
    this.modes = { diff: new DiffTree(this) };
    this.store = new DiffState(this, (patch, restored) => this.#changed(patch, restored));
    this.inspector = new DiffInspector(this.part("inspector"), this.part("live"));
    this.listen();
    this.#listenToForm(root.querySelector("form"));
    window.addEventListener("popstate", () => this.store.restore());
    this.#show();
    this.#fetchTree(true);
    this.#fetchTable();
  }

  #listenToForm(form) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) => this.#set(target));
    form.addEventListener("input", ({ target }) => {
      if (target.name === "q") this.change({ q: target.value, rows: null });
    });
    this.root.addEventListener("click", ({ target }) => {
      const button = target.closest("button[name]");
      if (button?.name === "zoom") this.#zoomTo(button.value);
      else if (button) this.change({ [button.name]: button.value });
    });
  }

  #set({ name, type, value, checked }) {
    if (name !== "q") this.change({ [name]: type === "checkbox" ? (checked ? "on" : null) : value });
  }

  #zoomTo(value) {
    if (value === "all") this.showAll();
    else this.zoom(value === "in" ? 0.5 : 2);
  }

  #changed(patch, restored) {
    this.hovered = null;
    this.tip.hide();
    if (TREE.some((name) => name in patch)) this.#fetchTree(restored);
    if (TABLE.some((name) => name in patch)) this.#fetchTable();
    if ("scale" in patch) this.mode.arrange(this.state);
    if ("selected" in patch) this.inspector.show(patch.selected && this.mode.about(patch.selected));
    this.#show();
    this.redraw();
  }

  #show() {
    const { state } = this;
    const form = this.root.querySelector("form");
    for (const button of form.querySelectorAll("button[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(state[button.name] === button.value));
    }
    for (const name of ["label", "thread", "least", "q"]) {
      if (form.elements[name] && form.elements[name].value !== state[name])
        form.elements[name].value = state[name] ?? "";
    }
    for (const name of ["own", "collapse"]) form.elements[name].checked = state[name] === "on";
    this.picture.matches = this.mode.matches(state.q);
    this.part("legend").replaceChildren(...this.mode.legendOf(state));
  }

  async #fetchTree(restored) {
    this.mode.tree = null;
    this.askedTree = Symbol("asked");
    const { askedTree } = this;
    const answer = await this.attempt("tree", json(`${this.config.tree}?${this.store.asked(TREE)}`));
    if (!answer || askedTree !== this.askedTree) return;
    this.mode.take(answer.tree, this.state);
    this.picture.methods = answer.tree.methods;
    this.#tell(answer);
    const { to, selected } = this.state;
    const stays = restored && readQuery().has("part") && to <= this.mode.extent;
    this.change({ ...(stays ? {} : this.mode.whole()), selected: restored ? selected : null });
  }

  // Which sessions of each side the tree is of, and which threads they have.
  #tell({ told, threads }) {
    for (const [side, text] of [
      ["base", told[0]],
      ["new", told[1]],
    ])
      this.root.querySelector(`[data-flame-told="${side}"]`).textContent = text;
    const { thread } = this.root.querySelector("form").elements;
    thread.replaceChildren(thread.options[0], ...threads.map((name) => new Option(name, name)));
    thread.value = this.state.thread;
    thread.disabled = threads.length < 2 && !this.state.thread; // its place stays, or the bar would break anew
  }

  async #fetchTable() {
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const asked = text(`${this.config.table}?${this.store.asked(TABLE)}`, signal);
    const html = await this.attempt("table", asked);
    if (html !== null && !signal.aborted) this.part("table").innerHTML = html;
  }

  paint() {
    if (this.picture.draw(this.mode, this.state, this.hovered, this.measure)) this.settled.done("picture");
    this.measure.place();
  }

  step() {}

  // Lets go of one thing: what is measured, the search, then the selection.
  escape() {
    if (this.measure.clear()) return;
    if (this.state.q) this.change({ q: "" });
    else if (this.state.selected) this.change({ selected: null });
  }
}

async function json(url) {
  return (await get(url)).json();
}

// Null where another question has overtaken this one.
async function text(url, signal) {
  try {
    return await (await get(url, { signal, headers: { "HX-Request": "true" } })).text();
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  }
}
