// Draws a curve: a line, and where several points share a pixel the envelope of their least and greatest, so that no
// peak is lost.
import { CURVE_HEIGHT } from "./layout.js";

export function drawCurve(context, lane, top, scale, colours) {
  const { least, most } = lane.extremes;
  const height = CURVE_HEIGHT - 6;
  const y = (value) => top + 3 + (most > least ? ((most - value) / (most - least)) * height : height / 2);
  context.strokeStyle = colours.accent;
  context.fillStyle = colours.accent;
  context.lineWidth = 1.25;
  for (const part of parts(lane.curve, scale)) drawPart(context, part, y);
}

// The visible stretches between gaps (nulls), each as columns {x, low, high} one pixel wide; one point beyond either
// edge.
function parts(curve, scale) {
  const found = [];
  let part = [];
  const close = () => {
    if (part.length) found.push(part);
    part = [];
  };
  for (let i = Math.max(0, firstAfter(curve, scale.from) - 1); i < curve.length; i++) {
    const [ms, value] = curve[i];
    if (value === null) close();
    else join(part, scale.x(ms), value);
    if (ms > scale.to) break;
  }
  close();
  return found;
}

function join(part, x, value) {
  const last = part.at(-1);
  if (last && x - last.x < 1) {
    last.low = Math.min(last.low, value);
    last.high = Math.max(last.high, value);
    last.end = value;
  } else part.push({ x, low: value, high: value, end: value });
}

function drawPart(context, part, y) {
  if (part.length === 1) return dot(context, part[0].x, y(part[0].end));
  context.beginPath();
  for (const { x, low, high, end } of part) {
    context.lineTo(x, y(high));
    if (low !== high) {
      context.lineTo(x, y(low));
      context.lineTo(x, y(end));
    }
  }
  context.stroke();
}

function dot(context, x, y) {
  context.beginPath();
  context.arc(x, y, 2, 0, 2 * Math.PI);
  context.fill();
}

function firstAfter(curve, from) {
  let [low, high] = [0, curve.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve[middle][0] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The value of the last point at or before `ms`, or null in a gap.
export function valueAt(curve, ms) {
  const index = firstAfter(curve, ms);
  const point = curve[index]?.[0] === ms ? curve[index] : curve[index - 1];
  return point ? point[1] : null;
}
