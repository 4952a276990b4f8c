// The wheel over a canvas means the same everywhere. Over rows it scrolls through them, with Ctrl or ⌘ it zooms at the
// pointer, and sideways (or with Shift) it moves along the axis. Over an axis or an overview it always zooms.
const ZOOM = 0.002; // a turn of 100 pixels zooms by e^0.2, about a fifth
const LINE = 16; // pixels of a line, which some mice count in

// Calls `turn` with {x, y, dx, dy, zoom, shift, command}; unless it answers false, the page does not scroll.
export function onWheel(canvas, turn) {
  const listen = (event) => {
    if (turn(read(event)) !== false) event.preventDefault();
  };
  canvas.addEventListener("wheel", listen, { passive: false });
}

// What a turn over rows asks for: `zoom(factor, x)`, `pan(pixels)`, and `scroll(pixels)`, which answers false where the
// page shall scroll.
export function turnRows({ x, dx, dy, zoom, shift, command }, { zoom: nearer, pan, scroll }) {
  if (command) return nearer(zoom, x);
  if (shift || Math.abs(dx) > Math.abs(dy)) return pan(shift ? dy || dx : dx);
  return scroll(dy);
}

function read(event) {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  const { shiftKey: shift, offsetX: x, offsetY: y } = event;
  return { x, y, dx, dy, zoom: Math.exp(dy * ZOOM), shift, command: event.ctrlKey || event.metaKey };
}
