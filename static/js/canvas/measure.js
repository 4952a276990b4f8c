// A measured stretch of an axis: a band that dragging over the rows makes, with its length and a button that zooms to
// it. Escape, a click or another stretch ends it. Positions are in the unit of the axis.
const LEAST = 3; // pixels of a stretch that is meant

// view: {scale, textOf(range), place: {left, top, height} of the band, show(from, to), draw()}
export class Measure {
  constructor(element, view) {
    Object.assign(this, { element, view, range: null });
    element.querySelector("button").addEventListener("click", () => this.#zoom());
  }

  drag(start, now) {
    const { scale } = this.view;
    const [from, to] = [scale.at(Math.min(start, now)), scale.at(Math.max(start, now))];
    this.range = { from, to };
    this.view.draw();
  }

  drop() {
    const { perPixel } = this.view.scale;
    if (this.range && this.range.to - this.range.from < LEAST * perPixel) this.clear();
  }

  // True where there was something to clear.
  clear() {
    if (!this.range) return false;
    this.range = null;
    this.view.draw();
    return true;
  }

  #zoom() {
    const { from, to } = this.range;
    this.clear();
    this.view.show(from, to);
  }

  // Puts the text over the middle of the band; the band itself is drawn by `drawBand`.
  place() {
    const { element, range } = this;
    const edges = range && this.#edges();
    element.hidden = !edges;
    if (!edges) return;
    const [output] = element.getElementsByTagName("output");
    const text = this.view.textOf(range);
    if (output.textContent !== text) output.textContent = text;
    const { left, top } = this.view.place;
    const room = this.view.scale.width - element.offsetWidth;
    const x = Math.min(Math.max(0, (edges[0] + edges[1] - element.offsetWidth) / 2), Math.max(0, room));
    element.style.setProperty("transform", `translate(${left + x}px, ${top}px)`);
  }

  // Where the band lies in sight: [left, right] in pixels, or null.
  #edges() {
    const { scale } = this.view;
    const [left, right] = [Math.max(0, scale.x(this.range.from)), Math.min(scale.width, scale.x(this.range.to))];
    return right > left ? [left, right] : null;
  }

  drawBand(context, top, height, colours) {
    const edges = this.range && this.#edges();
    if (!edges) return;
    const [left, right] = edges;
    context.fillStyle = colours.band;
    context.fillRect(left, top, right - left, height);
    context.fillStyle = colours.accent;
    for (const x of [left, right - 1]) context.fillRect(x, top, 1, height);
  }
}
