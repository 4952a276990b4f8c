// Geometry of the view: the range that is shown, its level of detail, the rows, and how it moves.
export const ROW = 19;
export const TILE_SHIFT = 10;
const LEAST_RANGE = 8; // µs
const WHOLE_RANGE = 20_000; // µs
const LEAST_BIN_PX = 0.5;

export const AXIS = 24;
export const MAP = 46;

export function layout(width, height, mode) {
  const map = mode === "time" ? MAP : 0;
  return { width, height, map, axis: map, top: map + AXIS, rows: Math.max(ROW, height - map - AXIS) };
}

// The finest level whose bins are at least half a pixel wide.
export function levelFor(range, width, top) {
  const exact = Math.log2((LEAST_BIN_PX * range) / width);
  return Math.min(top, Math.max(0, 2 * Math.ceil(exact / 2)));
}

export function tilesOf(from, to, level, extent) {
  const size = 2 ** (level + TILE_SHIFT);
  const last = Math.floor(Math.min(to, extent) / size);
  const indices = [];
  for (let index = Math.max(0, Math.floor(from / size)); index <= last; index++) indices.push(index);
  return indices;
}

export function zoomed({ from, to }, at, factor, extent) {
  const range = Math.min(extent, Math.max(Math.min(LEAST_RANGE, extent), (to - from) * factor));
  return moved(at - ((at - from) * range) / (to - from), range, extent);
}

export function panned({ from, to }, by, extent) {
  return moved(from + by, to - from, extent);
}

export function around(start, duration, extent) {
  const margin = Math.max(duration * 0.04, 1);
  const range = Math.min(extent, Math.max(Math.min(LEAST_RANGE, extent), duration + 2 * margin));
  return moved(start + duration / 2 - range / 2, range, extent);
}

// Ends on whole microseconds, or hundredths where those can be told apart: just as the address keeps it.
function moved(from, range, extent) {
  const parts = range > WHOLE_RANGE ? 1 : 100;
  const length = Math.min(extent, Math.round(range * parts) / parts);
  const left = Math.round(Math.min(Math.max(0, from), Math.max(0, extent - length)) * parts) / parts;
  return { from: left, to: left + length };
}

export function clampScroll(scroll, depth, rows) {
  return Math.min(Math.max(0, scroll), Math.max(0, depth * ROW - rows));
}
