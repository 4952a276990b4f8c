// The wheel over a canvas. How far it zooms is the same everywhere.
const ZOOM = 0.002; // a turn of 100 pixels zooms by e^0.2, about a fifth
const LINE = 16; // pixels of a line, which some mice count in

// Calls `turn` with {x, dx, dy, zoom, shift, command}; unless it answers false, the page does not scroll.
export function onWheel(canvas, turn) {
  const listen = (event) => {
    if (turn(read(event)) !== false) event.preventDefault();
  };
  canvas.addEventListener("wheel", listen, { passive: false });
}

function read(event) {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  const { shiftKey: shift, offsetX: x } = event;
  return { x, dx, dy, zoom: Math.exp(dy * ZOOM), shift, command: event.ctrlKey || event.metaKey };
}
