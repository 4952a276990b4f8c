// The time axis above the lanes. Wheel zooms at the pointer, dragging chooses a stretch to zoom to.
import { AXIS, drawAxis, drawMarks, ticksFor } from "../canvas/axis.js";
import { Gestures } from "../canvas/gestures.js";
import { Surface } from "../canvas/surface.js";
import { onWheel } from "../canvas/wheel.js";
import { offset } from "../format.js";

const APART = 92; // pixels between ticks
const MARK = 6;

export class Axis {
  constructor(timeline, canvas) {
    Object.assign(this, { timeline, surface: new Surface(canvas), chosen: null });
    onWheel(canvas, ({ zoom, x }) => timeline.zoom(zoom, timeline.scale.at(x)));
    new Gestures(canvas, {
      drag: (now, _, start) => this.#choose([start.x, now.x]),
      drop: () => this.#zoom(),
      cancel: () => this.#choose(null),
    });
  }

  #choose(chosen) {
    this.chosen = chosen;
    this.timeline.draw();
  }

  #zoom() {
    const { scale } = this.timeline;
    if (this.chosen) this.timeline.show(...this.chosen.map((x) => scale.at(x)));
    this.#choose(null);
  }

  draw() {
    const { scale, colours } = this.timeline;
    const context = this.surface.begin(scale.width, AXIS);
    if (this.chosen) {
      const [start, end] = this.chosen;
      context.fillStyle = colours["surface-selected"];
      context.fillRect(Math.min(start, end), 0, Math.abs(end - start), AXIS);
    }
    context.font = `11px ${colours.font}`;
    const ticks = ticksFor(scale, APART);
    drawMarks(context, ticks.ticks, AXIS - MARK, MARK, colours["line-strong"]);
    drawAxis(context, { top: 0, width: scale.width }, ticks, textOf, colours);
  }
}

function textOf(ms, step) {
  return ms === 0 ? "0" : offset(ms, step);
}

// Faint verticals behind the lanes, at the axis's ticks.
export function drawGrid(context, scale, colours, height) {
  drawMarks(context, ticksFor(scale, APART).ticks, 0, height, colours.line);
}
