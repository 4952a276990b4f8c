// A lane of screenshots: as many as there is room for, each at its moment; an image is fetched when it is first drawn.
export const STRIP = 60; // pixels of height
const WIDTH = 84; // that an image may take
const GAP = 2;

// What is drawn: [{span, x}], the first screenshot of each stretch as wide as an image, so that moving along the axis
// does not exchange them.
export function frames(spans, scale) {
  const stretch = (WIDTH + GAP) * scale.perPixel;
  const found = [];
  for (const span of spans) {
    const x = scale.x(span.start);
    const last = found.at(-1);
    if (x < -WIDTH || x > scale.width) continue;
    if (last && (x < last.x + WIDTH + GAP || Math.floor(span.start / stretch) === last.slot)) continue;
    found.push({ span, x, slot: Math.floor(span.start / stretch) });
  }
  return found;
}

export function frameAt(spans, x, scale) {
  return frames(spans, scale).find((frame) => x >= frame.x && x <= frame.x + WIDTH)?.span;
}

export class Images {
  constructor(timeline) {
    Object.assign(this, { timeline, known: new Map() });
  }

  // The image at an address once it has come; until then nothing, and the timeline is drawn again when it has.
  get(href) {
    if (!this.known.has(href)) this.#fetch(href);
    const image = this.known.get(href);
    return image.naturalWidth ? image : null;
  }

  #fetch(href) {
    const { settled } = this.timeline;
    const image = new Image();
    this.known.set(href, image);
    settled.wait(href);
    image.addEventListener("load", () => {
      this.timeline.draw();
      settled.done(href);
    });
    image.addEventListener("error", () => settled.done(href));
    image.src = `${href}image/`;
  }
}

export function drawStrip(context, lane, top, { scale, colours, images, selected }) {
  for (const { span, x } of frames(lane.spans, scale)) {
    const image = images.get(span.href);
    const factor = image && Math.min(WIDTH / image.naturalWidth, STRIP / image.naturalHeight);
    const [width, height] = image ? [image.naturalWidth * factor, image.naturalHeight * factor] : [WIDTH / 2, STRIP];
    if (image) context.drawImage(image, x, top, width, height);
    context.strokeStyle = span.key === selected?.key ? colours.accent : colours.line;
    context.lineWidth = span.key === selected?.key ? 2 : 1;
    context.strokeRect(x + 0.5, top + 0.5, width - 1, height - 1);
  }
}
