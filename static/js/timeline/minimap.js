// The whole length at a glance, how much happened when, and a brush over what is shown.
import { Brush, drawBrush } from "../canvas/brush.js";
import { Gestures } from "../canvas/gestures.js";
import { isWhole } from "../canvas/range.js";
import { Surface } from "../canvas/surface.js";
import { onWheel } from "../canvas/wheel.js";

const HEIGHT = 34;
const COLUMN = 3; // pixels of a bar and the gap beside it

export class Minimap {
  constructor(timeline, canvas) {
    Object.assign(this, { timeline, surface: new Surface(canvas), density: { width: 0, bars: [] } });
    const brush = new Brush(timeline);
    new Gestures(canvas, {
      hover: (point) => point && canvas.style.setProperty("cursor", brush.cursor(point.x)),
      press: (point) => brush.press(point),
      drag: (...points) => brush.drag(...points),
      click: (point) => brush.click(point),
      open: () => timeline.showAll(),
    });
    onWheel(canvas, ({ zoom, x }) => timeline.zoom(zoom, timeline.overview.at(x)));
  }

  draw() {
    const { range, bounds, overview, colours } = this.timeline;
    const size = { width: overview.width, height: HEIGHT };
    const context = this.surface.begin(size.width, HEIGHT);
    context.fillStyle = colours["surface-sunken"];
    context.fillRect(0, 0, size.width, HEIGHT);
    this.#drawBars(context, colours);
    const [left, right] = [overview.x(range.from), overview.x(range.to)];
    if (!isWhole(range, bounds)) drawBrush(context, left, right, size, colours);
    context.fillStyle = colours.line;
    context.fillRect(0, HEIGHT - 1, size.width, 1);
  }

  #drawBars(context, colours) {
    const { model, overview } = this.timeline;
    const { width } = overview;
    if (this.density.width !== width) this.density = { width, bars: barsOf(model.groups, overview, COLUMN) };
    context.fillStyle = colours["text-faint"];
    this.density.bars.forEach((bar, i) => {
      const height = bar * (HEIGHT - 6);
      if (bar) context.fillRect(i * COLUMN, HEIGHT - 2 - height, COLUMN - 1, height);
    });
  }
}

// How many spans touch each column of `column` pixels, as shares of the fullest one on a logarithmic scale.
export function barsOf(groups, overview, column) {
  const bars = new Float64Array(Math.ceil(overview.width / column));
  for (const { start, end, count } of groups.flatMap((group) => group.lanes).flatMap((lane) => lane.all)) {
    const last = Math.min(bars.length - 1, Math.floor(overview.x(end) / column));
    for (let i = Math.max(0, Math.floor(overview.x(start) / column)); i <= last; i++) bars[i] += count;
  }
  const most = Math.log1p(bars.reduce((a, b) => Math.max(a, b), 1));
  return bars.map((bar) => Math.log1p(bar) / most);
}
