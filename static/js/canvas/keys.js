// Keys while a canvas has the focus. Tab is left alone, so that nobody is caught in it.
const ZOOM = 1.6;
const PAN = 0.15; // of the range shown

// Runs the action of a pressed key; those in `shifted` go before while Shift is held.
export function onKeys(canvas, actions, shifted = {}) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = (event.shiftKey && shifted[event.key]) || actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

// The keys that every time axis has: `zoom(factor)`, `pan(share of the range)`, `all()`.
export function axisKeys({ zoom, pan, all }) {
  const [nearer, farther] = [() => zoom(1 / ZOOM), () => zoom(ZOOM)];
  return {
    "+": nearer,
    "=": nearer,
    "-": farther,
    "−": farther,
    ArrowLeft: () => pan(-PAN),
    ArrowRight: () => pan(PAN),
    Home: all,
  };
}

// What the zoom buttons do, by their value.
export function zoomButtons({ zoom, all }) {
  return { in: () => zoom(0.5), out: () => zoom(2), all };
}
