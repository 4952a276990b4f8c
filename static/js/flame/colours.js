// Colours from the page's custom properties, resolved for the theme that is shown; shades of one hue tell methods apart.
export const SHADES = 3;
const CATEGORIES = 9;
const NAMES = ["surface", "surface-raised", "surface-sunken", "text", "text-soft", "text-faint", "line", "line-strong", "accent", "accent-strong", "on-accent", "on-category"];

const MIXED = {
  dim: "color-mix(in srgb, var(--category-0) 45%, var(--surface))",
  match: "color-mix(in srgb, var(--accent) 78%, var(--surface))",
  veil: "color-mix(in srgb, var(--surface) 62%, transparent)",
  stripe: "color-mix(in srgb, var(--text) 26%, transparent)",
};

// The grey of what has no package would fade into the page if it were mixed with it: it begins nearer to the text.
function shade(category, step) {
  if (category === 0) return `color-mix(in srgb, var(--category-0) ${60 + 14 * step}%, var(--text-faint))`;
  return `color-mix(in srgb, var(--category-${category}) ${100 - 17 * step}%, var(--surface))`;
}

// Shade s of category c is at c * SHADES + s of `shades`.
export function readColours(element) {
  const shades = [...Array(CATEGORIES * SHADES).keys()].map((n) => shade(Math.floor(n / SHADES), n % SHADES));
  const names = [...NAMES, ...Object.keys(MIXED)];
  const values = resolve(element, [...NAMES.map((name) => `var(--${name})`), ...Object.values(MIXED), ...shades]);
  return { ...Object.fromEntries(names.map((name, n) => [name, values[n]])), shades: values.slice(names.length) };
}

// What the browser makes of colours in this element; all at once, since each look after a change costs a layout.
function resolve(element, values) {
  const box = document.createElement("i");
  box.hidden = true;
  for (const value of values) box.appendChild(document.createElement("i")).style.setProperty("color", value);
  element.append(box);
  const resolved = [...box.children].map((probe) => getComputedStyle(probe).color);
  box.remove();
  return resolved;
}

// Diagonal stripes that mark what was merged; `scale` is the screen's pixels per CSS pixel.
export function hatch(context, colours, scale) {
  const side = 6 * scale;
  const tile = new OffscreenCanvas(side, side);
  const brush = tile.getContext("2d");
  brush.strokeStyle = colours.stripe;
  brush.lineWidth = scale;
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift, side);
    brush.lineTo(shift + side, 0);
  }
  brush.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / scale));
  return pattern;
}

export function onThemeChange(listener) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}
