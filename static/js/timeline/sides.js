// Two sessions on one axis: where a moment of either stands there, step by step. The parts of a side, in order, each
// begin with its own `start` and `end` at a place of the axis. Between the end of a part and the beginning of the next
// one on the axis the side has nothing, while the other one takes longer.

export function readParts(parts) {
  return parts.map(([start, end, at]) => ({ start, end, at }));
}

// Where a moment stands. One at which a part ends and the next begins: with what begins, or with what ends.
export function placeOf(parts, ms, ends = false) {
  const part = parts.findLast(({ start }) => (ends ? start < ms : start <= ms)) ?? parts[0];
  return part.at + ms - part.start;
}

// The moment of the side that stands at a place; where it has nothing, the one at which it waits.
export function momentAt(parts, place) {
  const index = Math.max(
    0,
    parts.findLastIndex(({ at }) => at <= place),
  );
  const { start, end, at } = parts[index];
  const ms = start + place - at;
  return index < parts.length - 1 ? Math.min(ms, end) : ms;
}

export function lengthOf(parts) {
  const { start, end, at } = parts.at(-1);
  return at + end - start;
}

// A span on the axis; `own` keeps its own times.
export function placedSpan(parts, span) {
  const { start, end } = span;
  const begin = placeOf(parts, start);
  return { ...span, start: begin, end: end > start ? placeOf(parts, end, true) : begin, own: { start, end } };
}

// The points of a curve on the axis, with a gap wherever the side has nothing.
export function placedCurve(parts, curve) {
  const placed = [];
  let last = null;
  for (const [ms, value] of curve) {
    const part = parts.findLastIndex(({ start }) => start <= ms);
    if (last !== null && part !== last) placed.push([placeOf(parts, ms), null]);
    placed.push([placeOf(parts, ms), value]);
    last = part;
  }
  return placed;
}
