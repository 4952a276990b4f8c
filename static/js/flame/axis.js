// The axis on top: round positions, about a hundred pixels apart, and hairlines down through the rows.
import { position, share } from "./format.js";
import { AXIS } from "./view.js";

export function stepFor(range, width, apart = 110) {
  const rough = (range * apart) / width;
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough));
}

export function drawAxis(context, geometry, { from, to }, colours, font, { origin, whole }) {
  const { width, height, axis, top } = geometry;
  context.fillStyle = colours.surface;
  context.fillRect(0, axis, width, AXIS);
  const step = stepFor(to - from, width);
  context.font = font;
  context.textBaseline = "middle";
  for (let tick = Math.ceil((from + origin) / step) * step; tick <= to + origin; tick += step) {
    const x = Math.round(((tick - origin - from) / (to - from)) * width) + 0.5;
    context.fillStyle = colours.line;
    context.fillRect(x - 0.5, axis + AXIS - 5, 1, height - axis - AXIS + 5);
    const text = whole && tick > 0 ? `${position(tick, step)} · ${share(tick, whole)}` : position(tick, step);
    context.fillStyle = colours["text-soft"];
    if (x + 4 + context.measureText(text).width < width) context.fillText(text, x + 4, axis + AXIS / 2 - 1);
  }
  context.fillStyle = colours["line-strong"];
  context.fillRect(0, top - 1, width, 1);
}
