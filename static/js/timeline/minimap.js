// The whole length at a glance, how much happened when, and a brush over what is shown.
import { surface } from "./surface.js";

export const MINIMAP = 34;
const EDGE = 6, COLUMN = 3;

export function minimap(timeline, canvas) {
  const paper = surface(canvas);
  const { range, model } = timeline;
  const ms = (x) => range.least + (x / timeline.scale.width) * (range.most - range.least);
  const x = (time) => ((time - range.least) / (range.most - range.least)) * timeline.scale.width;
  let grip = null;
  let density = { width: 0, bars: [] };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    grip = gripAt(event.offsetX);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (grip) grip(event.offsetX);
    else canvas.style.setProperty("cursor", cursorAt(event.offsetX));
  });
  canvas.addEventListener("pointerup", () => {
    grip = null;
  });
  canvas.addEventListener("dblclick", () => timeline.showAll());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    timeline.zoom(Math.exp(event.deltaY * 0.0022), ms(event.offsetX));
  }, { passive: false });

  function near(at) {
    if (range.whole) return "new";
    if (Math.abs(at - x(range.from)) < EDGE) return "from";
    if (Math.abs(at - x(range.to)) < EDGE) return "to";
    return at > x(range.from) && at < x(range.to) ? "inside" : "new";
  }

  function cursorAt(at) {
    return { from: "ew-resize", to: "ew-resize", inside: "grab", new: "crosshair" }[near(at)];
  }

  // What a drag that begins here does with each place it reaches.
  function gripAt(start) {
    const { from, to } = range;
    const moves = {
      from: (at) => timeline.show(Math.min(ms(at), to), to),
      to: (at) => timeline.show(from, Math.max(ms(at), from)),
      inside: (at) => timeline.show(from + ms(at) - ms(start), to + ms(at) - ms(start)),
      new: (at) => Math.abs(at - start) > 3 && timeline.show(ms(start), ms(at)),
    };
    return moves[near(start)];
  }

  function barsFor(width) {
    const bars = new Float64Array(Math.ceil(width / COLUMN));
    for (const group of model.groups) for (const lane of group.lanes) for (const span of lane.spans) {
      const last = Math.min(bars.length - 1, Math.floor(x(span.end) / COLUMN));
      for (let i = Math.max(0, Math.floor(x(span.start) / COLUMN)); i <= last; i++) bars[i] += span.count;
    }
    const most = Math.log1p(bars.reduce((a, b) => Math.max(a, b), 1));
    return bars.map((bar) => Math.log1p(bar) / most);
  }

  return function draw() {
    const { scale, colours } = timeline;
    const context = paper.begin(scale.width, MINIMAP);
    if (density.width !== scale.width) density = { width: scale.width, bars: barsFor(scale.width) };
    context.fillStyle = colours["surface-sunken"];
    context.fillRect(0, 0, scale.width, MINIMAP);
    context.fillStyle = colours["text-faint"];
    density.bars.forEach((bar, i) => bar && context.fillRect(i * COLUMN, MINIMAP - 2 - bar * (MINIMAP - 6), COLUMN - 1, bar * (MINIMAP - 6)));
    if (!range.whole) brush(context, x(range.from), Math.max(x(range.to), x(range.from) + 2), colours, scale.width);
    context.fillStyle = colours.line;
    context.fillRect(0, MINIMAP - 1, scale.width, 1);
  };
}

function brush(context, from, to, colours, width) {
  context.globalAlpha = 0.62;
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, from, MINIMAP);
  context.fillRect(to, 0, width - to, MINIMAP);
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.lineWidth = 1;
  context.strokeRect(from + 0.5, 0.5, Math.max(to - from - 1, 1), MINIMAP - 1);
  context.fillStyle = colours.accent;
  for (const edge of [from - 1, to - 2]) context.fillRect(edge, MINIMAP / 2 - 6, 3, 12);
}
