// A time axis: a strip with ticks at round positions. Scales are in ms.
import { stepOf, ticksOf } from "./ticks.js";

export const AXIS = 24; // pixels of height

// The ticks of a scale, at least `apart` pixels from each other: {step, ticks: [{at, x}]}, x rounded to a pixel.
export function ticksFor(scale, apart) {
  const step = stepOf(apart * scale.perPixel);
  return { step, ticks: ticksOf(scale.from, scale.to, step).map((at) => ({ at, x: Math.round(scale.x(at)) })) };
}

// Texts to the right of their ticks and the line below them; what would not fit before the edge is left out.
export function drawAxis(context, { top, width }, { step, ticks }, textOf, colours) {
  context.textBaseline = "middle";
  context.fillStyle = colours["text-soft"];
  for (const { at, x } of ticks) {
    const text = textOf(at, step);
    if (x + 4 + context.measureText(text).width < width) context.fillText(text, x + 4.5, top + AXIS / 2 - 0.5);
  }
  context.fillStyle = colours["line-strong"];
  context.fillRect(0, top + AXIS - 1, width, 1);
}

export function drawMarks(context, ticks, top, height, colour) {
  context.fillStyle = colour;
  for (const { x } of ticks) context.fillRect(x, top, 1, height);
}
