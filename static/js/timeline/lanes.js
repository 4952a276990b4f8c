// The lanes below the axis, as much of them as the window of their scrolled height shows.
import { drawGrid } from "./axis.js";
import { drawCurve } from "./curves.js";
import { ROW } from "./layout.js";
import { drawRow, spanAt } from "./spans.js";
import { surface } from "./surface.js";

export function lanes(timeline, canvas) {
  const paper = surface(canvas);

  return function draw() {
    const { scale, colours, view, places } = timeline;
    const context = paper.begin(scale.width, view.height);
    context.font = `11px ${colours.font}`;
    context.textBaseline = "middle";
    drawGrid(context, scale, colours, view.height);
    context.translate(0, -view.top);
    for (const place of places.groups) drawGroup(context, place, scale, colours);
    for (const place of places.lanes) {
      if (place.y + place.height >= view.top && place.y <= view.top + view.height) drawLane(context, place, timeline);
    }
  };
}

function drawGroup(context, { y, height }, scale, colours) {
  context.fillStyle = colours["surface-sunken"];
  context.fillRect(0, y, scale.width, height);
  context.fillStyle = colours.line;
  context.fillRect(0, y, scale.width, 1);
}

function drawLane(context, { lane, y, top, height }, timeline) {
  const { scale, colours } = timeline;
  context.fillStyle = colours.line;
  context.fillRect(0, y + height - 1, scale.width, 1);
  if (lane.extremes) drawCurve(context, lane, top, scale, colours);
  const below = top + (lane.plotted ? height - lane.rows.length * ROW - 6 : 0);
  lane.rows.forEach((row, i) => drawRow(context, row, below + i * ROW, scale, timeline));
}

// What lies at (x, y) of the canvas: {lane, span}, either of which may be missing.
export function found(timeline, x, y) {
  const at = y + timeline.view.top;
  const place = timeline.places.lanes.find((one) => at >= one.y && at < one.y + one.height);
  if (!place) return {};
  return { lane: place.lane, span: spanAt(place.lane, x, at - place.top, timeline.scale) };
}
