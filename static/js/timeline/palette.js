// The page's colours as a canvas needs them: custom properties resolved for the scheme in force.
const NAMES = [
  "surface", "surface-sunken", "surface-hover", "surface-selected", "line", "line-strong", "text", "text-soft", "text-faint",
  "accent", "accent-strong", "good", "warn", "bad", "info", "on-category",
  ...Array.from({ length: 9 }, (_, n) => `category-${n}`),
];

export function palette(root) {
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  const colours = {};
  for (const name of NAMES) {
    probe.style.setProperty("color", `var(--${name})`);
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  const style = getComputedStyle(root);
  return { ...colours, font: style.fontFamily, hatch: new Map() };
}

export function onSchemeChange(listener) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}

export function fillOf(colours, span) {
  return span.tone ? colours[span.tone] : colours[`category-${span.colour}`];
}

export function inkOf(colours, span) {
  return span.tone ? colours.surface : colours["on-category"];
}

// Hatching in a span's colour: what stands for several.
export function hatchOf(colours, context, span) {
  const fill = fillOf(colours, span);
  if (!colours.hatch.has(fill)) colours.hatch.set(fill, hatch(context, fill, colours.surface));
  return colours.hatch.get(fill);
}

function hatch(context, fill, ground) {
  const size = 12;
  const tile = new OffscreenCanvas(size, size);
  const ink = tile.getContext("2d");
  ink.fillStyle = fill;
  ink.fillRect(0, 0, size, size);
  ink.globalAlpha = 0.45;
  ink.strokeStyle = ground;
  ink.lineWidth = 2;
  ink.beginPath();
  for (let x = -size; x <= 2 * size; x += 6) {
    ink.moveTo(x, size + 1);
    ink.lineTo(x + size + 1, -1);
  }
  ink.stroke();
  return context.createPattern(tile, "repeat");
}
