// One timeline: its state, and what changes it. The parts around it draw that state and call these methods.
import { Address, changed, rangeValues, readQuery, readRange, writeQuery } from "../canvas/address.js";
import { AXIS } from "../canvas/axis.js";
import { Frame } from "../canvas/frame.js";
import { zoomButtons } from "../canvas/keys.js";
import { Measure } from "../canvas/measure.js";
import * as ranges from "../canvas/range.js";
import { Settled } from "../canvas/settled.js";
import { onThemeChange } from "../canvas/theme.js";
import { duration } from "../format.js";
import { ArrangeList } from "./arrange-list.js";
import { Arranging } from "./arranging.js";
import { fetchCurves } from "./arrivals.js";
import { Axis } from "./axis.js";
import { readColours } from "./colours.js";
import { bindExplain } from "./explain.js";
import { bindKeys } from "./keyboard.js";
import { Labels } from "./labels.js";
import { Lanes } from "./lanes.js";
import { layout } from "./layout.js";
import { Minimap } from "./minimap.js";
import { boundsOf, readModel, spanOf } from "./model.js";
import { unpacked } from "./packed.js";
import { Pointer } from "./pointer.js";
import { momentAt } from "./sides.js";
import { Images } from "./strip.js";
import { readView, viewValues } from "./view.js";

const NARROW = 640; // pixels of width below which labels stand above their lanes
const QUIET = 120; // ms without a change before `timeline:range` is sent

export class Timeline {
  constructor(root) {
    this.root = root;
    this.parts = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.settled = new Settled(root);
    this.address = new Address(() => viewValues(this), this.settled);
    this.#read();
    this.#build();
    this.arrange();
    this.#listen();
    fetchCurves(this);
    if (this.selected && !this.#laneOf(this.selected)?.leads_away) this.#open();
    bindExplain(this);
  }

  #read() {
    const data = JSON.parse(document.getElementById(this.root.dataset.source).textContent);
    const { range, at, folded, recorded } = readView();
    this.stepwise = Boolean(data.sides) && !recorded;
    this.model = readModel(unpacked(data), this.stepwise);
    this.bounds = boundsOf(this.model.length);
    this.foldedAtFirst = this.model.groups.filter((group) => group.folded).map((group) => group.key);
    this.folded = new Set(folded ?? this.foldedAtFirst);
    this.range = range ? ranges.within(this.bounds, range.from, range.to) : ranges.whole(this.bounds);
    this.selected = this.model.byKey.get(at)?.span ?? null;
    this.hovered = null;
    this.arranging = new Arranging(this);
  }

  #build() {
    this.colours = readColours(this.root);
    this.images = new Images(this);
    this.frame = new Frame(() => this.#paint(), this.settled);
    this.labels = new Labels(this, this.parts.labels);
    this.drawings = [new Minimap(this, this.parts.minimap), new Axis(this, this.parts.axis)];
    this.drawings.push(new Lanes(this, this.parts.lanes));
    this.measure = new Measure(this.parts.measure, this.#measured());
    this.pointer = new Pointer(this);
    bindKeys(this, this.parts.lanes);
    this.list = new ArrangeList(this, this.parts.arrange);
  }

  // What a measured stretch needs to know of the timeline.
  #measured() {
    const timeline = this;
    return {
      get scale() {
        return timeline.scale;
      },
      get place() {
        return { left: timeline.left, top: timeline.parts.scroller.offsetTop };
      },
      textOf: ({ from, to }) => duration(to - from),
      show: (from, to) => timeline.show(from, to),
      draw: () => timeline.draw(),
    };
  }

  #listen() {
    new ResizeObserver(() => this.arrange()).observe(this.root);
    this.parts.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    onThemeChange(() => {
      this.colours = readColours(this.root);
      this.draw();
    });
    document.addEventListener("drawer:open", ({ detail }) => this.#clear(detail.drawer));
    document.addEventListener("timeline:show", (event) => this.show(event.detail.from, event.detail.to));
    const commands = {
      ...zoomButtons({ zoom: (factor) => this.zoom(factor), all: () => this.showAll() }),
      steps: () => this.lineUp(null),
      recorded: () => this.lineUp("recorded"),
    };
    this.root.addEventListener("click", (event) => {
      commands[event.target.closest("[data-command]")?.dataset.command]?.();
    });
  }

  // Sizes follow the element's width; heights follow what is folded.
  arrange() {
    const { scroller, height, labels, plot } = this.parts;
    const narrow = this.root.clientWidth < NARROW;
    this.root.classList.toggle("narrow", narrow);
    this.narrow = narrow;
    for (const button of this.root.querySelectorAll("[data-command=steps], [data-command=recorded]")) {
      button.ariaPressed = String((button.dataset.command === "steps") === this.stepwise);
    }
    this.places = layout(this.arranging.groups, this.folded, narrow);
    height.style.setProperty("height", `${this.places.height}px`);
    plot.style.setProperty("--axis", `${AXIS}px`);
    this.left = narrow ? 0 : labels.offsetWidth;
    this.width = Math.max(50, scroller.clientWidth - this.left);
    this.root.style.setProperty("--left", `${this.left}px`);
    this.labels.build();
    this.list.build();
    this.draw();
  }

  // The window of the lanes that is scrolled into sight; pinned lanes stay above it, down to `pinned`, where they leave
  // room for others and their labels stand beside them.
  get view() {
    const { scroller } = this.parts;
    const height = Math.min(scroller.clientHeight, this.places.height);
    const { pinned } = this.places;
    return { top: scroller.scrollTop, height, pinned: this.narrow || pinned > height / 2 ? 0 : pinned };
  }

  get scale() {
    return ranges.scaleOf(this.range, this.width);
  }

  // The scale of the whole length, on which the minimap stands.
  get overview() {
    return ranges.scaleOf(ranges.whole(this.bounds), this.width);
  }

  draw() {
    this.frame.request();
  }

  // Draws what lanes hold now; what was selected is another object in them, if they still show it by itself.
  renew() {
    this.hovered = null;
    if (this.selected?.key) this.selected = spanOf(this.model, this.selected.key) ?? this.selected;
    this.draw();
  }

  #paint() {
    for (const drawing of this.drawings) drawing.draw();
    this.measure.place();
  }

  #setRange(range) {
    this.range = range;
    this.draw();
    this.address.later();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.#settle(), QUIET);
  }

  #settle() {
    this.#tell("timeline:range", { ...this.range });
    fetchCurves(this);
  }

  #tell(name, detail) {
    this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  show(from, to) {
    if (Number.isFinite(from) && Number.isFinite(to)) this.#setRange(ranges.within(this.bounds, from, to));
  }

  showAll() {
    this.#setRange(ranges.whole(this.bounds));
  }

  pan(ms) {
    this.#setRange(ranges.panned(this.range, this.bounds, ms));
  }

  zoom(factor, at) {
    this.#setRange(ranges.zoomed(this.range, this.bounds, factor, at));
  }

  fold(key) {
    if (!this.folded.delete(key)) this.folded.add(key);
    this.arrange();
    fetchCurves(this);
    this.address.later();
  }

  // How two sessions are lined up: a place on one axis is another moment on the other, so all of it is shown.
  lineUp(time) {
    this.address.now();
    writeQuery(changed(readQuery(), { time, from: null, to: null }));
    for (const field of document.querySelectorAll("input[type=hidden][name=time]")) field.value = time ?? "";
    this.measure.clear();
    this.#read();
    this.arrange();
    fetchCurves(this);
  }

  // The same thing on the other side, if two sessions are shown.
  otherOf(span) {
    return this.model.byKey.get(this.model.others.get(span?.key))?.span;
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
    this.parts.said.textContent = span ? this.pointer.linesOf(span).join(", ") : "";
    this.#tell("timeline:select", { key: span?.key ?? "", name: span?.name ?? "" });
    if (open && span) this.#open();
    this.draw();
    this.address.later();
  }

  #reveal(span) {
    const { scroller } = this.parts;
    const { y, height } = this.places.lanes.find(({ lane }) => lane.spans.includes(span));
    const { pinned } = this.view;
    if (y >= pinned && y < scroller.scrollTop + pinned) scroller.scrollTop = y - pinned;
    const below = y + height - scroller.clientHeight;
    if (below > scroller.scrollTop) scroller.scrollTop = below;
    this.#setRange(ranges.revealed(this.range, this.bounds, span.start, span.end));
  }

  // Scrolls the page so far that the drawer does not lie over what is selected.
  #clear(drawer) {
    const place = this.selected && this.places.lanes.find(({ lane }) => lane.spans.includes(this.selected));
    if (!place) return;
    const { scroller } = this.parts;
    const bottom = scroller.getBoundingClientRect().top + place.y + place.height - scroller.scrollTop;
    const hidden = bottom - drawer.getBoundingClientRect().top;
    if (hidden > 0) window.scrollBy(0, hidden);
  }

  #laneOf(span) {
    return this.places.lanes.find(({ lane }) => lane.spans.includes(span))?.lane;
  }

  #open() {
    const { href } = this.selected;
    if (!href) return;
    if (this.#laneOf(this.selected)?.leads_away) return this.#leave(href);
    htmx.ajax("GET", href, { target: this.root.dataset.inspector, swap: "innerHTML" });
  }

  // The range of the selected span's own session.
  #ownRange(range) {
    const { parts } = this.#laneOf(this.selected);
    return range && parts ? { from: momentAt(parts, range.from), to: momentAt(parts, range.to) } : range;
  }

  // To a page of the session, which opens at the range that is shown here.
  #leave(href) {
    this.address.now();
    const url = new URL(href, location);
    url.search = changed(url.searchParams, rangeValues(this.#ownRange(readRange(readQuery()))));
    location.assign(url);
  }
}
