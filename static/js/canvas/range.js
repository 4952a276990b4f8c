// The range {from, to} that an axis shows, and how it moves: arithmetic without state, in the unit of the axis.
// Bounds say how far it may go: {least, most, finest, parts}. `parts(span)`, where given, says into how many parts of
// a unit the ends of a range of that span are rounded, so that the address holds exactly what is drawn.

// The range nearest to `from` … `to` that the bounds allow: inside them and never shorter than the finest.
export function within({ least, most, finest, parts }, from, to) {
  const whole = most - least;
  const length = Math.min(Math.max(Math.abs(to - from), Math.min(finest, whole)), whole);
  const round = rounding(parts?.(length * (1 - 1e-12))); // so that a rounded range counts as no longer than it is
  const span = Math.min(round(length), whole);
  const start = round(Math.min(Math.max(Math.min(from, to), least), most - span));
  return { from: start, to: round(start + span) };
}

function rounding(parts) {
  return parts ? (value) => Math.round(value * parts) / parts : (value) => value;
}

export function whole({ least, most }) {
  return { from: least, to: most };
}

export function isWhole({ from, to }, { least, most }) {
  return from <= least && to >= most;
}

export function panned({ from, to }, bounds, by) {
  return within(bounds, from + by, to + by);
}

// Factors below 1 zoom in; `at` stays where it is.
export function zoomed({ from, to }, bounds, factor, at = (from + to) / 2) {
  const most = bounds.most - bounds.least;
  const span = Math.min(Math.max((to - from) * factor, Math.min(bounds.finest, most)), most);
  const start = at - ((at - from) / (to - from)) * span;
  return within(bounds, start, start + span);
}

export function centred({ from, to }, bounds, at) {
  return panned({ from, to }, bounds, at - (from + to) / 2);
}

// Moved, and widened if need be, as little as it takes to show `start` to `end`.
export function revealed(range, bounds, start, end) {
  if (start >= range.from && end <= range.to) return range;
  const shown = range.to - range.from;
  const span = Math.max(shown, (end - start) * 1.2);
  const from = end - start > shown || start < range.from ? start - span * 0.1 : end - span * 0.9;
  return within(bounds, from, from + span);
}

// A stretch that fills the view but for a little on either side.
export function around(bounds, start, length) {
  const margin = Math.max(length * 0.04, bounds.finest / 8);
  const span = Math.max(length + 2 * margin, bounds.finest);
  return within(bounds, start + length / 2 - span / 2, start + length / 2 + span / 2);
}

// From positions to pixels and back, for a range that is `width` pixels wide.
export function scaleOf({ from, to }, width) {
  const perPixel = (to - from) / width;
  return { from, to, width, perPixel, x: (at) => (at - from) / perPixel, at: (x) => from + x * perPixel };
}
