// Pointer and keys on the canvas, turned into intentions; what they mean is decided in main.js.
const DRAG_LEAST = 4;
const WHEEL = 0.0016;

export function listen(canvas, actions) {
  const pointers = new Map();
  let down = null;

  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
      if (event.shiftKey) actions.scroll(dy || dx);
      else if (Math.abs(dx) > Math.abs(dy)) actions.pan(dx);
      else actions.zoom(Math.exp(dy * WHEEL), place(event).x);
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    down = { ...place(event), moved: false, map: actions.onMap(place(event)) };
    if (down.map) actions.mapTo(down.x);
  });

  canvas.addEventListener("pointermove", (event) => {
    const [now, before] = [place(event), pointers.get(event.pointerId)];
    if (!before) return actions.hover(now);
    if (pointers.size === 2) pinch(event.pointerId, now);
    else if (down.map) actions.mapTo(now.x);
    else drag(now, before);
    pointers.set(event.pointerId, now);
  });

  function drag(now, before) {
    if (!down.moved && Math.hypot(now.x - down.x, now.y - down.y) < DRAG_LEAST) return;
    const from = down.moved ? before : down;
    down.moved = true;
    actions.hover(null);
    actions.pan(from.x - now.x);
    actions.scroll(from.y - now.y);
  }

  function pinch(id, now) {
    const [other] = [...pointers].filter(([key]) => key !== id).map(([, point]) => point);
    const before = pointers.get(id);
    const apart = (a, b) => Math.max(8, Math.hypot(a.x - b.x, a.y - b.y));
    down.moved = true;
    actions.zoom(apart(before, other) / apart(now, other), (now.x + other.x) / 2);
  }

  const release = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    if (event.type === "pointerup" && !down.moved && !down.map) actions.select(place(event));
    down = null;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => actions.hover(null));
  canvas.addEventListener("dblclick", (event) => actions.open(place(event)));
  canvas.addEventListener("keydown", (event) => press(event, actions));
}

const KEYS = {
  ArrowLeft: (actions) => actions.panBy(-0.2),
  ArrowRight: (actions) => actions.panBy(0.2),
  ArrowUp: (actions) => actions.scrollRows(-3),
  ArrowDown: (actions) => actions.scrollRows(3),
  PageUp: (actions) => actions.scrollRows(-20),
  PageDown: (actions) => actions.scrollRows(20),
  "+": (actions) => actions.zoom(0.6),
  "=": (actions) => actions.zoom(0.6),
  "-": (actions) => actions.zoom(1 / 0.6),
  "−": (actions) => actions.zoom(1 / 0.6),
  Home: (actions) => actions.home(),
  Escape: (actions) => actions.escape(),
  Enter: (actions) => actions.enter(),
};
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function press(event, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.shiftKey && STEPS[event.key];
  if (!step && !KEYS[event.key]) return;
  event.preventDefault();
  if (step) actions.walk(...step);
  else KEYS[event.key](actions);
}
