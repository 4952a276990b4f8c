// The whole thread in a strip: its coarsest tile, squeezed; where the view is; where matches are.
import { drawBrush } from "../canvas/brush.js";
import { SHADES } from "./colours.js";
import { OTHER } from "./items.js";
import { categoryOf } from "./painter.js";

const PAD = 3;

export class Minimap {
  constructor() {
    Object.assign(this, { key: "", image: null });
  }

  // overview: the scale of the whole axis; range: what is in view
  draw({ surface, geometry, colours, methods, matches, theme }, { thread, tile, depth, overview, range, colouring }) {
    const { context, ratio } = surface;
    const { width, map: height } = geometry;
    const key = [thread, width, ratio, theme, colouring, methods !== null].join();
    if (tile && key !== this.key) {
      this.image = strip({ tile, depth, overview, colours, methods, ratio, height, colouring });
      this.key = key;
    }
    context.fillStyle = colours["surface-sunken"];
    context.fillRect(0, 0, width, height);
    if (tile) context.drawImage(this.image, 0, 0, width, height);
    if (matches) drawDensity(context, matches.density, { width, height }, colours);
    drawBrush(context, overview.x(range.from), overview.x(range.to), { width, height }, colours);
  }
}

// The strip without the brush, drawn anew only when what it shows has changed.
function strip({ tile, depth, overview, colours, methods, ratio, height, colouring }) {
  const image = new OffscreenCanvas(Math.max(1, overview.width * ratio), height * ratio);
  const context = image.getContext("2d");
  context.scale(ratio, ratio);
  const row = (height - 2 * PAD) / Math.max(depth, 1);
  for (let i = 0; i < tile.length; i++) {
    const full = tile.calls[i] > 1 ? tile.total[i] / Math.max(1, tile.width[i]) : 1;
    const category = methods && tile.method[i] !== OTHER ? categoryOf(methods, tile.method[i], colouring) : 0;
    context.globalAlpha = 0.25 + 0.75 * Math.min(1, full);
    context.fillStyle = colours.shades[SHADES * category];
    const width = Math.max(0.5, tile.width[i] / overview.perPixel);
    context.fillRect(overview.x(tile.start[i]), PAD + tile.depth[i] * row, width, Math.max(row, 0.7));
  }
  return image;
}

function drawDensity(context, density, { width, height }, colours) {
  const most = density.reduce((a, b) => Math.max(a, b), 1);
  const column = width / density.length;
  context.fillStyle = colours.accent;
  density.forEach((matches, bucket) => {
    if (!matches) return;
    const bar = 2 + 8 * Math.sqrt(matches / most);
    context.fillRect(bucket * column, height - bar, Math.max(1, column), bar);
  });
}
