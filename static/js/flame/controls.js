// The bar above the picture: threads, order, weight, search, zoom, what is narrowed, the path in focus, notices.
import { zoomButtons } from "../canvas/keys.js";
import { whole } from "../canvas/range.js";
import { duration } from "../format.js";
import { fromMoments, toMoments } from "./moments.js";
import { chipsOf, NARROWING } from "./scope.js";
import { EVERY } from "./state.js";

export class Controls {
  constructor(flame) {
    Object.assign(this, { flame, root: flame.root });
    const zoom = zoomButtons({ zoom: (factor) => flame.zoom(factor), all: () => flame.showAll() });
    this.actions = {
      mode: (value) => value !== flame.state.mode && flame.store.switchTo(value),
      weight: (value) => flame.change({ weight: value }),
      by: (value) => flame.change({ by: value, rows: null }),
      sort: (value) => flame.change({ sort: value }),
      rows: (value) => flame.change({ rows: value }),
      zoom: (value) => zoom[value](),
      match: (value) => flame.step(value === "back" ? -1 : 1),
      chip: (value) => this.#takeBack(Number(value)),
    };
    this.#listen(this.root.querySelector("[data-flame-bar]"));
  }

  #listen(bar) {
    const { flame } = this;
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.addEventListener("change", ({ target }) => this.#set(target));
    bar.addEventListener("input", ({ target }) => {
      if (target.name === "q") flame.change({ query: target.value, rows: null });
    });
    bar.addEventListener("keydown", (event) => this.#leaveSearch(event));
    this.root.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      this.actions[button.name]?.(button.value);
      this.#follow(button);
    });
  }

  #set({ name, type, value, checked }) {
    const { flame } = this;
    if (name === "thread") this.#showThread(value === EVERY ? EVERY : Number(value));
    if (name === "colour") flame.change({ colour: value });
    if (name === "label") flame.showSpan(value ? this.#spanOf(value) : null);
    if (NARROWING.includes(name)) flame.change({ [name]: type === "checkbox" ? checked : value });
  }

  // The range of a label, as far as the profile reaches. value: its moments, in ms of the session.
  #spanOf(value) {
    const [from, to] = value.split(":").map(Number);
    const { config } = this.flame;
    const span = fromMoments({ from, to }, config);
    return { from: Math.max(0, span.from), to: Math.min(config.extent, span.to) };
  }

  #takeBack(number) {
    const { undo } = this.chips[number];
    if ("span" in undo) this.flame.showSpan(null);
    else this.flame.change(undo);
  }

  #showThread(thread) {
    const { flame } = this;
    flame.change({ ...whole(flame.bounds), thread, scroll: 0, selected: null, focus: [] });
  }

  #leaveSearch({ target, key }) {
    if (target.name !== "q" || !["Enter", "Escape"].includes(key)) return;
    if (key === "Escape") this.flame.change({ query: "" });
    this.flame.canvas.focus({ preventScroll: true });
  }

  // Callers in the inspector, what can be done with a method, and the path in focus.
  #follow({ dataset }) {
    const { flame } = this;
    if (dataset.flameGo !== undefined) {
      flame.mode.reselect({ depth: Number(dataset.depth), at: Number(dataset.at) }, true);
    } else if (dataset.focusLength) {
      flame.change({ focus: flame.state.focus.slice(0, Number(dataset.focusLength)), selected: null });
    } else if (dataset.flameSandwich) this.#putBetween(Number(dataset.flameSandwich));
    else if (dataset.flameExclude) this.#narrow({ exclude: [...flame.state.exclude, Number(dataset.flameExclude)] });
    else if (dataset.flamePackage) this.#narrow({ package: dataset.flamePackage });
  }

  #putBetween(method) {
    const { flame } = this;
    if (flame.state.mode === "sandwich") flame.change({ method, selected: null });
    else flame.store.switchTo("sandwich", { method });
  }

  // Time order shows every call: what narrows the stacks is seen in left heavy.
  #narrow(patch) {
    const { flame } = this;
    if (flame.state.mode === "time") flame.store.switchTo("heavy", patch);
    else flame.change({ ...patch, selected: null });
  }

  show() {
    const { root, flame } = this;
    const { state } = flame;
    root.dataset.mode = state.mode;
    for (const button of root.querySelectorAll(PRESSED)) {
      button.setAttribute("aria-pressed", String(state[button.name] === button.value));
    }
    root.querySelector("select[name=thread]").value = String(state.thread);
    root.querySelector(`option[value=${EVERY}]`).disabled = state.mode === "time";
    const search = root.querySelector("input[name=q]");
    if (search.value !== state.query) search.value = state.query;
    root.querySelector(".flame-matches").hidden = !state.query.trim();
    root.querySelector("[data-flame-legend]").textContent = flame.mode.legend(state.weight);
    this.#showNarrowing(state);
    this.#showFocus();
    this.#showNotice(state.notice);
  }

  #showNarrowing(state) {
    const form = this.root.querySelector("[data-flame-bar]").elements;
    for (const name of ["package", "share", "colour"]) form[name].value = state[name];
    for (const name of ["own", "collapse"]) form[name].checked = state[name];
    this.chips = chipsOf(state, this.flame.picture.methods, (span) => words(toMoments(span, this.flame.config)));
    const bar = this.root.querySelector("[data-flame-chips]");
    const shown = JSON.stringify(this.chips);
    bar.hidden = !this.chips.length || state.mode === "time";
    if (bar.dataset.shown === shown) return;
    bar.dataset.shown = shown;
    bar.replaceChildren(...this.chips.map(({ text }, number) => chipButton(text, number)));
  }

  #showFocus() {
    const { state, picture } = this.flame;
    const nav = this.root.querySelector("[data-flame-focus]");
    const shown = `${state.focus}${Boolean(picture.methods)}`;
    nav.hidden = !state.focus.length;
    if (nav.hidden || nav.dataset.shown === shown) return;
    nav.dataset.shown = shown;
    const names = ["Whole thread", ...state.focus.map((method) => picture.methods?.names[method] ?? "…")];
    nav.replaceChildren(...names.map(focusButton));
  }

  // notice: null, or {text, other: the address's query in another reading}
  #showNotice(notice) {
    const element = this.root.querySelector("[data-flame-notice]");
    element.hidden = !notice;
    element.replaceChildren(notice?.text ?? "");
    if (!notice?.other) return;
    const link = document.createElement("a");
    link.href = `?${notice.other}`;
    link.textContent = "Read it as microseconds";
    element.append(" ", link);
  }
}

const PRESSED = "[data-flame-bar] :is(button[name=mode], button[name=weight], button[name=by])";

function words({ from, to }) {
  return `${duration(from)} to ${duration(to)}`;
}

function chipButton(text, number) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button chip", name: "chip", value: number, textContent: text });
  button.title = `${text}: show all again`;
  return button;
}

function focusButton(name, length) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button quiet", textContent: name });
  button.dataset.focusLength = length;
  return button;
}
