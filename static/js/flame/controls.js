// The bar above the picture: threads, order, weight, search, zoom, the path in focus, what the shades mean, notices.
import { zoomButtons } from "../canvas/keys.js";
import { whole } from "../canvas/range.js";

export class Controls {
  constructor(flame) {
    Object.assign(this, { flame, root: flame.root });
    const zoom = zoomButtons({ zoom: (factor) => flame.zoom(factor), all: () => flame.showAll() });
    this.actions = {
      mode: (value) => value !== flame.state.mode && flame.store.switchTo(value),
      weight: (value) => flame.change({ weight: value }),
      zoom: (value) => zoom[value](),
    };
    this.#listen(this.root.querySelector("[data-flame-bar]"));
  }

  #listen(bar) {
    const { flame } = this;
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.addEventListener("change", ({ target }) => {
      if (target.name === "thread") this.#showThread(Number(target.value));
    });
    bar.addEventListener("input", ({ target }) => {
      if (target.name === "q") flame.change({ query: target.value });
    });
    bar.addEventListener("keydown", (event) => this.#leaveSearch(event));
    bar.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      this.actions[button?.name]?.(button.value);
    });
    this.root.addEventListener("click", (event) => this.#follow(event.target));
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

  // Callers in the inspector, and the path in focus.
  #follow(target) {
    const { flame } = this;
    const go = target.closest("[data-flame-go]");
    if (go) flame.mode.reselect({ depth: Number(go.dataset.depth), at: Number(go.dataset.at) }, true);
    const focus = target.closest("[data-focus-length]");
    if (!focus) return;
    flame.change({ focus: flame.state.focus.slice(0, Number(focus.dataset.focusLength)), selected: null });
  }

  show() {
    const { root, flame } = this;
    const { state } = flame;
    for (const button of root.querySelectorAll("button[name=mode], button[name=weight]")) {
      button.setAttribute("aria-pressed", String(state[button.name] === button.value));
    }
    root.querySelector("select[name=thread]").value = String(state.thread);
    const search = root.querySelector("input[name=q]");
    if (search.value !== state.query) search.value = state.query;
    root.querySelector("[data-flame-legend]").textContent = flame.mode.legend(state.weight);
    this.#showFocus();
    this.#showNotice(state.notice);
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

  showError(text) {
    const element = this.root.querySelector("[data-flame-error]");
    element.textContent = text;
    element.hidden = false;
  }
}

function focusButton(name, length) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button quiet", textContent: name });
  button.dataset.focusLength = length;
  return button;
}
