// The page's colours as a canvas needs them: custom properties resolved for the scheme in force.
const CATEGORIES = 9; // --category-0 (none) to --category-8
const NAMES = [
  ...["surface", "surface-raised", "surface-sunken", "surface-hover", "surface-selected", "line", "line-strong"],
  ...["text", "text-soft", "text-faint", "accent", "accent-strong", "on-accent", "good", "warn", "bad", "info"],
  ...["on-category", ...Array.from({ length: CATEGORIES }, (_, n) => `category-${n}`)],
];
const MIXED = {
  veil: "color-mix(in srgb, var(--surface) 62%, transparent)",
  band: "color-mix(in srgb, var(--accent) 16%, transparent)",
};

// Colours by name and the element's font family; `more` adds expressions: {name: CSS colour}.
export function readTheme(element, more = {}) {
  const expressions = { ...Object.fromEntries(NAMES.map((name) => [name, `var(--${name})`])), ...MIXED, ...more };
  const values = resolve(element, Object.values(expressions));
  const colours = Object.fromEntries(Object.keys(expressions).map((name, n) => [name, values[n]]));
  return { ...colours, font: getComputedStyle(element).fontFamily };
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

// A pattern of diagonal stripes, for what stands for several; `ratio` is the screen's pixels per CSS pixel.
export function hatch(context, { stripe, ground, line = 1, ratio = 1 }) {
  const side = 6 * ratio;
  const tile = new OffscreenCanvas(side, side);
  const brush = tile.getContext("2d");
  if (ground) {
    brush.fillStyle = ground;
    brush.fillRect(0, 0, side, side);
  }
  brush.strokeStyle = stripe;
  brush.lineWidth = line * ratio;
  for (const shift of [-side, 0, side]) {
    brush.moveTo(shift - line, side + line);
    brush.lineTo(shift + side + line, -line);
  }
  brush.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

export function onThemeChange(listener) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
  document.addEventListener("statetrace:theme", listener);
}
