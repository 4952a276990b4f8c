// Which span comes next on the way through lanes, given as lists of spans in order of time.

// The next span of the lane, and after its last the next lane's first; at the beginning the first one in sight.
export function nextSpan(lanes, selected, by, from) {
  const all = lanes.flat();
  const now = all.indexOf(selected);
  if (now >= 0) return all[clamped(now + by, all.length)];
  return all.find((span) => span.end >= from) ?? all[0];
}

// The span of the next lane that is nearest in time.
export function nearestInLane(lanes, selected, by, from) {
  const now = lanes.findIndex((spans) => spans.includes(selected));
  if (now < 0) return nextSpan(lanes, selected, by, from);
  const distance = (span) => Math.abs(span.start - selected.start);
  const spans = lanes[clamped(now + by, lanes.length)];
  return spans.reduce((best, span) => (distance(span) < distance(best) ? span : best));
}

function clamped(index, length) {
  return Math.min(length - 1, Math.max(0, index));
}
