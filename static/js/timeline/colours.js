// Which colours a span is drawn in.
import { hatch, readTheme } from "../canvas/theme.js";

const MIXED = { stripe: "color-mix(in srgb, var(--surface) 45%, transparent)" };

const patterns = new WeakMap(); // of the colours in force: fill → pattern

export function readColours(root) {
  return readTheme(root, MIXED);
}

export function fillOf(colours, span) {
  return span.tone ? colours[span.tone] : colours[`category-${span.colour}`];
}

export function inkOf(colours, span) {
  return span.tone ? colours.surface : colours["on-category"];
}

// Stripes in a span's colour: what stands for several.
export function hatchOf(context, colours, span, ratio) {
  const ground = fillOf(colours, span);
  const known = patterns.get(colours) ?? patterns.set(colours, new Map()).get(colours);
  const key = `${ground} ${ratio}`;
  if (!known.has(key)) known.set(key, hatch(context, { ground, stripe: colours.stripe, line: 2, ratio }));
  return known.get(key);
}
