// Colours from the page's custom properties, resolved for the theme that is shown; shades of one hue tell methods apart.
export const SHADES = 3;
const CATEGORIES = 9;
const NAMES = ["surface", "surface-raised", "surface-sunken", "text", "text-soft", "text-faint", "line", "line-strong", "accent", "accent-strong", "on-accent", "on-category"];

export function readColours(element) {
  const probe = document.createElement("i");
  element.append(probe);
  const resolve = (value) => {
    probe.style.setProperty("color", value);
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(NAMES.map((name) => [name, resolve(`var(--${name})`)]));
  colours.shades = [];
  for (let category = 0; category < CATEGORIES; category++) {
    for (let shade = 0; shade < SHADES; shade++) {
      const strength = 100 - 17 * shade;
      colours.shades.push(resolve(`color-mix(in srgb, var(--category-${category}) ${strength}%, var(--surface))`));
    }
  }
  colours.dim = resolve("color-mix(in srgb, var(--category-0) 45%, var(--surface))");
  colours.match = resolve("color-mix(in srgb, var(--accent) 78%, var(--surface))");
  colours.brush = resolve("color-mix(in srgb, var(--accent) 14%, transparent)");
  colours.veil = resolve("color-mix(in srgb, var(--surface) 62%, transparent)");
  colours.stripe = resolve("color-mix(in srgb, var(--text) 26%, transparent)");
  probe.remove();
  return colours;
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
