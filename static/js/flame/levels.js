// Rows of the picture, and which tiles of which level a range needs. Times in µs since the first call.
// Levels go from 0 to `top` in steps of `step`; a tile has `bins` bins of 2^level µs (the page's config names them).
import { AXIS } from "../canvas/axis.js";

export const ROW = 19;
const FINEST = 8; // µs that a picture shows at least
const HUNDREDTHS = 20_000; // µs; ranges longer than this end on whole microseconds

// Where the parts of the picture stand, `map` pixels of overview on top.
export function layout(width, height, map) {
  return { width, height, map, axis: map, top: map + AXIS, rows: Math.max(ROW, height - map - AXIS) };
}

export function boundsOf(extent) {
  return { least: 0, most: extent, finest: FINEST, parts: (span) => (span > HUNDREDTHS ? 1 : 100) };
}

// The finest level whose bins are at least `bin_px` pixels wide.
export function levelFor(range, width, { top, step, bin_px: least }) {
  const exact = Math.log2((least * range) / width);
  return Math.min(top, Math.max(0, step * Math.ceil(exact / step)));
}

export function tileSize(level, { bins }) {
  return bins * 2 ** level;
}

export function tilesOf(from, to, level, config) {
  const size = tileSize(level, config);
  const last = Math.floor(Math.min(to, config.extent) / size);
  const indices = [];
  for (let index = Math.max(0, Math.floor(from / size)); index <= last; index++) indices.push(index);
  return indices;
}

// The tiles that panning or zooming would need next, as [level, index].
export function neighbours({ from, to }, level, config) {
  const half = (to - from) / 2;
  const at = (other) => tilesOf(from - half, to + half, other, config).map((index) => [other, index]);
  const finer = level - config.step;
  const middle = Math.floor((from + to) / 2 / tileSize(finer, config));
  const coarser = level + config.step;
  return [...at(level), ...(coarser <= config.top ? at(coarser) : []), ...(finer >= 0 ? [[finer, middle]] : [])];
}

export function clampScroll(scroll, depth, rows) {
  return Math.min(Math.max(0, scroll), Math.max(0, depth * ROW - rows));
}
