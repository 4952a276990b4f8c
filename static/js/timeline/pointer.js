// The pointer over the lanes: hovering explains, dragging pans, a click selects, ctrl and wheel zooms.
import { duration, moment, number, offset } from "./format.js";
import { valueAt } from "./curves.js";
import { found } from "./lanes.js";

const STILL = 4; // pixels that a click may move

export function pointer(timeline, { canvas, plot, cursor, tip, clock }) {
  let drag = null;

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { x: event.offsetX, from: timeline.range.from, to: timeline.range.to, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    point(event);
    if (!drag) return;
    const by = event.offsetX - drag.x;
    if (!drag.moved && Math.abs(by) < STILL) return;
    drag.moved = true;
    const ms = by * timeline.scale.perPixel;
    timeline.show(drag.from - ms, drag.to - ms);
  });
  canvas.addEventListener("pointerup", (event) => {
    const clicked = drag && !drag.moved;
    drag = null;
    if (clicked) timeline.select(found(timeline, event.offsetX, event.offsetY).span ?? null, { open: true });
  });
  canvas.addEventListener("pointercancel", () => {
    drag = null;
  });
  canvas.addEventListener("wheel", (event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) timeline.zoom(Math.exp(event.deltaY * 0.0022), timeline.scale.ms(event.offsetX));
    else if (Math.abs(sideways) > 0 && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) timeline.pan(sideways * timeline.scale.perPixel);
    else return;
    event.preventDefault();
  }, { passive: false });
  plot.addEventListener("pointermove", (event) => moveCursor(event.clientX - canvas.getBoundingClientRect().left));
  plot.addEventListener("pointerleave", () => {
    cursor.hidden = clock.hidden = tip.hidden = true;
    timeline.hover(null);
  });

  function moveCursor(x) {
    const { scale, model } = timeline;
    cursor.hidden = clock.hidden = x < 0 || x > scale.width;
    if (cursor.hidden) return;
    cursor.style.setProperty("left", `${x + timeline.left}px`);
    const ms = scale.ms(x);
    clock.textContent = `${offset(ms, scale.perPixel * 10)} · ${moment(model.origin + ms)}`;
  }

  function point(event) {
    const { lane, span } = drag?.moved ? {} : found(timeline, event.offsetX, event.offsetY);
    timeline.hover(span ?? null);
    const lines = span ? described(span) : curveLines(lane, timeline.scale.ms(event.offsetX));
    canvas.style.setProperty("cursor", span ? "pointer" : "default");
    tip.hidden = !lines;
    if (!lines) return;
    tip.replaceChildren(...lines.map(line));
    const box = timeline.root.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 4);
    tip.style.setProperty("left", `${Math.max(0, x)}px`);
    tip.style.setProperty("top", `${event.clientY - box.top + 18}px`);
  }
}

function curveLines(lane, ms) {
  if (!lane?.curve.length) return null;
  const value = valueAt(lane.curve, ms);
  return value === null ? null : [lane.name, `${number(value)} ${lane.unit}`];
}

// A span in words: its name, when it began and how long it took; a run says what it stands for.
export function described(span) {
  const when = `${offset(span.start, Math.max((span.end - span.start) / 100, 0.001))}`;
  const length = span.end > span.start ? duration(span.end - span.start) : "an instant";
  if (span.count === 1) return [span.name, `${when} · ${length}`];
  return [`${span.count.toLocaleString("en")} in a row`, `longest or last: ${span.name}`, `${when} · over ${length}`];
}

function line(text, index) {
  const element = document.createElement(index ? "div" : "strong");
  element.dir = "auto";
  element.textContent = text;
  return element;
}
