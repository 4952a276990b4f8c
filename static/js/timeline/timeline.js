// One timeline: its state, and what changes it. The parts around it draw that state and call these methods.
import { arrivals } from "./arrivals.js";
import { AXIS, axis } from "./axis.js";
import { readAddress, writeAddress } from "./address.js";
import { keyboard } from "./keyboard.js";
import { labels } from "./labels.js";
import { lanes } from "./lanes.js";
import { layout } from "./layout.js";
import { minimap } from "./minimap.js";
import { readModel } from "./model.js";
import { onSchemeChange, palette } from "./palette.js";
import { described, pointer } from "./pointer.js";
import { Range } from "./range.js";

const NARROW = 640; // pixels of width below which labels stand above their lanes
const QUIET = 120; // ms without a change before `timeline:range` is sent

export class Timeline {
  constructor(root) {
    this.root = root;
    this.model = readModel(root.dataset.source);
    this.range = new Range(this.model.length);
    this.folded = new Set(this.model.groups.filter((group) => group.folded).map((group) => group.key));
    this.foldedAtFirst = [...this.folded].join(",");
    this.selected = this.hovered = null;
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.parts = Object.fromEntries(["minimap", "axis", "lanes", "labels", "scroller", "height", "plot", "cursor", "tip", "clock", "said"].map((name) => [name, part(name)]));
    this.colours = palette(root);
    this.#restore();
    this.buildLabels = labels(this, this.parts.labels);
    this.arrange();
    this.drawings = [minimap(this, this.parts.minimap), axis(this, this.parts.axis), lanes(this, this.parts.lanes)];
    pointer(this, { canvas: this.parts.lanes, ...this.parts });
    keyboard(this, this.parts.lanes);
    this.#listen();
    this.draw();
    arrivals(this);
    if (this.selected) this.#open();
  }

  #restore() {
    const { from, to, at, folded } = readAddress();
    if (folded) this.folded = new Set(folded);
    this.range.set(from, to);
    this.selected = this.model.byKey.get(at)?.span ?? null;
  }

  #listen() {
    const { scroller } = this.parts;
    new ResizeObserver(() => this.arrange()).observe(this.root);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    onSchemeChange(() => {
      this.colours = palette(this.root);
      this.draw();
    });
    document.addEventListener("timeline:show", (event) => this.show(event.detail.from, event.detail.to));
    this.root.addEventListener("click", (event) => {
      const command = event.target.closest("[data-command]")?.dataset.command;
      if (command) ({ in: () => this.zoom(0.5), out: () => this.zoom(2), all: () => this.showAll() })[command]();
    });
  }

  // Sizes follow the element's width; heights follow what is folded.
  arrange() {
    const { scroller, height, labels: names, plot } = this.parts;
    const narrow = this.root.clientWidth < NARROW;
    this.root.classList.toggle("narrow", narrow);
    this.places = layout(this.model.groups, this.folded, narrow);
    height.style.setProperty("height", `${this.places.height}px`);
    plot.style.setProperty("--axis", `${AXIS}px`);
    this.left = narrow ? 0 : names.offsetWidth;
    this.width = Math.max(50, scroller.clientWidth - this.left);
    this.root.style.setProperty("--left", `${this.left}px`);
    this.buildLabels();
    if (this.drawings) this.draw();
  }

  get view() {
    const { scroller } = this.parts;
    return { top: scroller.scrollTop, height: Math.min(scroller.clientHeight, this.places.height) };
  }

  get scale() {
    const { range: { from, to, span }, width } = this;
    return { from, to, width, perPixel: span / width, x: (ms) => ((ms - from) / span) * width, ms: (x) => from + (x / width) * span };
  }

  // At most once a frame.
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      for (const drawing of this.drawings) drawing();
      this.root.dataset.drawn = "";
    });
  }

  #ranged() {
    this.draw();
    writeAddress(this);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.#tell("timeline:range", { from: this.range.from, to: this.range.to }), QUIET);
  }

  #tell(name, detail) {
    this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  show(from, to) {
    this.range.set(from, to);
    this.#ranged();
  }

  showAll() {
    this.range.all();
    this.#ranged();
  }

  pan(ms) {
    this.range.pan(ms);
    this.#ranged();
  }

  zoom(factor, at) {
    this.range.zoom(factor, at);
    this.#ranged();
  }

  fold(key) {
    if (!this.folded.delete(key)) this.folded.add(key);
    this.arrange();
    arrivals(this);
    writeAddress(this);
  }

  hover(span) {
    if (span === this.hovered) return;
    this.hovered = span;
    this.draw();
  }

  // open: explain it in the inspector; reveal: bring it into sight first.
  select(span, { open = false, reveal = false } = {}) {
    this.selected = span;
    if (span && reveal) this.#reveal(span);
    this.parts.said.textContent = span ? described(span).join(", ") : "";
    this.#tell("timeline:select", { key: span?.key ?? "", name: span?.name ?? "" });
    if (open && span) this.#open();
    this.draw();
    writeAddress(this);
  }

  #reveal(span) {
    this.range.reveal(span.start, span.end);
    const place = this.places.lanes.find(({ lane }) => lane.spans.includes(span));
    const { scroller } = this.parts;
    if (place.y < scroller.scrollTop) scroller.scrollTop = place.y;
    else if (place.y + place.height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = place.y + place.height - scroller.clientHeight;
    this.#ranged();
  }

  #open() {
    const { href } = this.selected;
    if (href) htmx.ajax("GET", href, { target: this.root.dataset.inspector, swap: "innerHTML" });
  }
}
