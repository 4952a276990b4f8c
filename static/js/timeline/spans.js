// Draws one row of spans and answers what lies under the pointer. What is too small to be told apart is drawn as one
// run.
import { count } from "../format.js";
import { fillOf, hatchOf, inkOf } from "./colours.js";
import { ROW } from "./layout.js";
import { merged } from "./model.js";

const INSTANT = 9; // width of an instant's diamond, in pixels
const SMALL = 3; // the least width at which a span is itself
const LETTER = 6.2; // how wide a letter is on average
const DIGIT = 7;

// The shapes of a row in the shown range: [{span, x, width}], at most one for each two pixels.
export function shapes(row, scale) {
  const found = [];
  for (let i = firstVisible(row, scale.from); i < row.length && row[i].start <= scale.to; i++) {
    const shape = placed(row[i], scale);
    const last = found.at(-1);
    if (last && small(last, scale) && small(shape, scale) && shape.x < last.x + last.width + 0.5) {
      found[found.length - 1] = joined(last, shape);
    } else found.push(shape);
  }
  return found;
}

function joined(run, shape) {
  const width = Math.max(shape.x + shape.width - run.x, run.width);
  return { span: merged(run.span, shape.span), x: run.x, width, run: true };
}

function placed(span, scale) {
  const x = scale.x(span.start);
  if (span.instant) return { span, x: x - INSTANT / 2, width: INSTANT };
  return { span, x, width: Math.max(scale.x(span.end) - x, SMALL) };
}

// Runs of small ones go on as one run; a span that can be seen stays what it is.
function small(shape, scale) {
  return (
    shape.span.instant || shape.width <= SMALL || (shape.run && (shape.span.longest ?? 0) / scale.perPixel < SMALL)
  );
}

function firstVisible(row, from) {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle].end < from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

// look: {colours, ratio, selected, hovered, others: what is the same on the other side of two sessions}
export function drawRow(context, row, y, scale, look) {
  for (const shape of shapes(row, scale)) drawShape(context, shape, y, scale, look);
}

function drawShape(context, { span, x, width }, y, scale, { colours, ratio, selected, hovered, others = [] }) {
  const [left, right] = [Math.max(x, -2), Math.min(x + width, scale.width + 2)];
  const [top, height] = [y + 1, ROW - 2];
  context.beginPath();
  if (span.instant && span.count === 1) diamond(context, x + width / 2, top + height / 2, INSTANT / 2);
  else context.roundRect(left, top, Math.max(right - left, 1), height, Math.min(2, width / 3));
  context.fillStyle = span.count > 1 ? hatchOf(context, colours, span, ratio) : fillOf(colours, span);
  context.fill();
  const marked = same(span, selected) || same(span, others[0]);
  if (marked || same(span, hovered) || same(span, others[1])) outline(context, colours, marked);
  if (!span.instant) label(context, span, left, right - left, top + height / 2, colours);
}

function same(span, other) {
  return Boolean(other) && (span === other || (span.key !== "" && span.key === other.key));
}

function outline(context, colours, selected) {
  context.lineWidth = selected ? 2 : 1;
  context.strokeStyle = selected ? colours.accent : colours.text;
  context.stroke();
}

function diamond(context, x, y, half) {
  context.moveTo(x - half, y);
  context.lineTo(x, y - half);
  context.lineTo(x + half, y);
  context.lineTo(x, y + half);
  context.closePath();
}

// Text is cut by its length: measuring every label would cost more than drawing it.
function label(context, span, x, width, y, colours) {
  if (span.count > 1 && width < 48) return drawCount(context, span, x, width, y, colours);
  const text = span.count > 1 ? `${count(span.count)} × ${span.name}` : span.name;
  const room = Math.floor((width - 8) / LETTER);
  if (room < 4) return;
  context.fillStyle = inkOf(colours, span);
  context.fillText(text.length > room ? `${text.slice(0, room - 1)}…` : text, x + 4, y + 0.5, width - 6);
}

// A narrow run says its number alone, in the middle, where there is room for it.
function drawCount(context, span, x, width, y, colours) {
  const text = String(span.count);
  if (width <= DIGIT * text.length + 4) return;
  context.fillStyle = inkOf(colours, span);
  context.textAlign = "center";
  context.fillText(text, x + width / 2, y + 0.5);
  context.textAlign = "start";
}

// The span drawn at (x, y) of a lane, or undefined.
export function spanAt(lane, x, y, scale) {
  const row = lane.rows[Math.floor(y / ROW)];
  if (!row) return undefined;
  const hits = shapes(row, scale).filter((shape) => x >= shape.x - 2 && x <= shape.x + shape.width + 2);
  return hits.sort((a, b) => distance(a, x) - distance(b, x))[0]?.span;
}

function distance(shape, x) {
  return Math.max(shape.x - x, x - shape.x - shape.width, 0) || Math.abs(shape.x + shape.width / 2 - x) / 1e6;
}
