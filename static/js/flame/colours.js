// The colours of boxes; shades of one hue tell methods apart.
import { readTheme } from "../canvas/theme.js";

export const SHADES = 3;
const CATEGORIES = 9;
const MIXED = {
  dim: "color-mix(in srgb, var(--category-0) 45%, var(--surface))",
  match: "color-mix(in srgb, var(--accent) 78%, var(--surface))",
  stripe: "color-mix(in srgb, var(--text) 26%, transparent)",
};

// The grey of what has no package would fade into the page if it were mixed with it: it begins nearer to the text.
function shade(category, step) {
  if (category === 0) return `color-mix(in srgb, var(--category-0) ${60 + 14 * step}%, var(--text-faint))`;
  return `color-mix(in srgb, var(--category-${category}) ${100 - 17 * step}%, var(--surface))`;
}

// The theme, and `shades`: shade s of category c is at c * SHADES + s.
export function readColours(element) {
  const numbers = [...Array(CATEGORIES * SHADES).keys()];
  const shades = numbers.map((n) => [`shade-${n}`, shade(Math.floor(n / SHADES), n % SHADES)]);
  const theme = readTheme(element, { ...MIXED, ...Object.fromEntries(shades) });
  return { ...theme, shades: shades.map(([name]) => theme[name]) };
}
