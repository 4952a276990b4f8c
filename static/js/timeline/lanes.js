// The lanes below the axis, as much of them as the window of their scrolled height shows.
import { Surface } from "../canvas/surface.js";
import { drawGrid } from "./axis.js";
import { drawCurve } from "./curves.js";
import { ROW } from "./layout.js";
import { drawRow, spanAt } from "./spans.js";
import { drawStrip, frameAt } from "./strip.js";

export class Lanes {
  constructor(timeline, canvas) {
    Object.assign(this, { timeline, surface: new Surface(canvas) });
  }

  draw() {
    const { scale, colours, view } = this.timeline;
    const context = this.surface.begin(scale.width, view.height);
    context.font = `11px ${colours.font}`;
    context.textBaseline = "middle";
    drawGrid(context, scale, colours, view.height);
    this.#drawWindow(context, view.top, view.pinned, view.height);
    if (view.pinned) this.#drawWindow(context, 0, 0, view.pinned);
    this.timeline.measure?.drawBand(context, 0, view.height, colours);
  }

  // What stands from `from` to `to` of the canvas, scrolled by `scrolled`.
  #drawWindow(context, scrolled, from, to) {
    const { scale, colours, places } = this.timeline;
    context.save();
    context.beginPath();
    context.rect(0, from, scale.width, to - from);
    context.clip();
    context.translate(0, -scrolled);
    for (const place of places.groups) drawGroup(context, place, scale, colours);
    for (const place of places.lanes) {
      const inSight = place.y + place.height >= scrolled + from && place.y <= scrolled + to;
      if (inSight) drawLane(context, place, this.timeline, this.surface.ratio);
    }
    context.restore();
  }
}

function drawGroup(context, { y, height }, scale, colours) {
  context.fillStyle = colours["surface-sunken"];
  context.fillRect(0, y, scale.width, height);
  context.fillStyle = colours.line;
  context.fillRect(0, y, scale.width, 1);
}

function drawLane(context, { lane, y, top, height }, timeline, ratio) {
  const { scale, colours, selected, hovered } = timeline;
  const others = [timeline.otherOf(selected), timeline.otherOf(hovered)];
  context.fillStyle = colours.line;
  context.fillRect(0, y + height - 1, scale.width, 1);
  if (lane.strip) return drawStrip(context, lane, top, timeline);
  if (lane.extremes) drawCurve(context, lane, top, scale, colours);
  const below = top + (lane.plotted ? height - lane.rows.length * ROW - 6 : 0);
  const look = { colours, ratio, selected, hovered, others };
  lane.rows.forEach((row, i) => {
    drawRow(context, row, below + i * ROW, scale, look);
  });
}

// What lies at (x, y) of the canvas: {lane, span}, either of which may be missing.
export function partAt(timeline, x, y) {
  const at = y < timeline.view.pinned ? y : y + timeline.view.top;
  const place = timeline.places.lanes.find((candidate) => at >= candidate.y && at < candidate.y + candidate.height);
  if (!place) return {};
  const { lane, top } = place;
  if (lane.strip) return { lane, span: frameAt(lane.spans, x, timeline.scale) };
  return { lane, span: spanAt(lane, x, at - top, timeline.scale) };
}
