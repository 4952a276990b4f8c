// The time axis above the lanes. Wheel zooms at the pointer, dragging chooses a stretch to zoom to.
import { offset } from "./format.js";
import { surface } from "./surface.js";
import { stepOf, ticksOf } from "./ticks.js";

export const AXIS = 24;
const TICK_ROOM = 92;

export function axis(timeline, canvas) {
  const paper = surface(canvas);
  let chosen = null;

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    timeline.zoom(Math.exp(event.deltaY * 0.0022), timeline.scale.ms(event.offsetX));
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    chosen = { start: event.offsetX, end: event.offsetX };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!chosen) return;
    chosen.end = event.offsetX;
    timeline.draw();
  });
  canvas.addEventListener("pointerup", () => {
    const { start, end } = chosen ?? { start: 0, end: 0 };
    chosen = null;
    if (Math.abs(end - start) > 4) timeline.show(timeline.scale.ms(start), timeline.scale.ms(end));
    else timeline.draw();
  });

  return function draw() {
    const { scale, colours } = timeline;
    const context = paper.begin(scale.width, AXIS);
    const step = stepOf(TICK_ROOM * scale.perPixel);
    if (chosen) {
      context.fillStyle = colours["surface-selected"];
      context.fillRect(Math.min(chosen.start, chosen.end), 0, Math.abs(chosen.end - chosen.start), AXIS);
    }
    context.font = `11px ${colours.font}`;
    context.textBaseline = "middle";
    for (const tick of ticksOf(scale.from, scale.to, step)) {
      const x = Math.round(scale.x(tick)) + 0.5;
      context.fillStyle = colours["line-strong"];
      context.fillRect(x, AXIS - 6, 1, 6);
      context.fillStyle = colours["text-soft"];
      context.fillText(tick === 0 ? "0" : offset(tick, step), x + 4, AXIS / 2);
    }
    context.fillStyle = colours["line-strong"];
    context.fillRect(0, AXIS - 1, scale.width, 1);
  };
}

// Faint verticals behind the lanes, at the axis's ticks.
export function drawGrid(context, scale, colours, height) {
  context.fillStyle = colours.line;
  for (const tick of ticksOf(scale.from, scale.to, stepOf(TICK_ROOM * scale.perPixel))) {
    context.fillRect(Math.round(scale.x(tick)), 0, 1, height);
  }
}
