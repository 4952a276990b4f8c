// The whole thread in a strip: its coarsest tile, squeezed; where the view is; where matches are.
import { MAP } from "./view.js";

const PAD = 3;

export class Minimap {
  constructor() {
    this.key = "";
    this.image = null;
  }

  // The strip without the brush, drawn anew only when what it shows has changed.
  strip(key, tile, depth, extent, width, colours, methods, scale) {
    if (this.key === key) return this.image;
    this.key = key;
    this.image = new OffscreenCanvas(Math.max(1, width * scale), MAP * scale);
    const context = this.image.getContext("2d");
    context.scale(scale, scale);
    const row = (MAP - 2 * PAD) / Math.max(depth, 1);
    for (let i = 0; i < tile.length; i++) {
      const full = tile.calls[i] > 1 ? tile.total[i] / Math.max(1, tile.width[i]) : 1;
      context.globalAlpha = 0.25 + 0.75 * Math.min(1, full);
      context.fillStyle = colours.shades[3 * (methods?.colours[methods.package[tile.method[i]]] ?? 0)];
      const x = (tile.start[i] / extent) * width;
      context.fillRect(x, PAD + tile.depth[i] * row, Math.max(0.5, (tile.width[i] / extent) * width), Math.max(row, 0.7));
    }
    return this.image;
  }

  draw(context, image, { from, to }, extent, width, colours, density) {
    context.fillStyle = colours["surface-sunken"];
    context.fillRect(0, 0, width, MAP);
    if (image) context.drawImage(image, 0, 0, width, MAP);
    if (density) drawDensity(context, density, width, colours);
    const [left, right] = [(from / extent) * width, (to / extent) * width];
    context.fillStyle = colours.veil;
    context.fillRect(0, 0, left, MAP);
    context.fillRect(right, 0, width - right, MAP);
    context.strokeStyle = colours.accent;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, 0.5, Math.max(2, right - left - 1), MAP - 1);
    context.fillStyle = colours.accent;
    for (const edge of [left, right]) context.fillRect(Math.min(Math.max(edge - 1.5, 0), width - 3), MAP / 2 - 7, 3, 14);
  }
}

function drawDensity(context, density, width, colours) {
  const most = density.reduce((a, b) => Math.max(a, b), 1);
  context.fillStyle = colours.accent;
  density.forEach((count, bucket) => {
    if (!count) return;
    const height = 2 + 8 * Math.sqrt(count / most);
    context.fillRect((bucket / density.length) * width, MAP - height, Math.max(1, width / density.length), height);
  });
}
