// Curves that come after the page: whole when their group is first open, and of the range in view when that is so
// narrow that the whole curve would look coarse.
import { changed, rangeValues } from "../canvas/address.js";
import { isWhole } from "../canvas/range.js";
import { detail, receive } from "./model.js";

const MARGIN = 0.25; // of the range in view, on either side, so that moving a little needs no new points
const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const COARSE = 0.5; // a range that shows less than this part of the points' own is read again

export function fetchCurves(timeline) {
  const shown = new Set(timeline.places.lanes.map(({ lane }) => lane));
  for (const group of timeline.model.groups) {
    if (!group.curves || !group.lanes.some((lane) => shown.has(lane))) continue;
    if (!group.asked) fetchWhole(timeline, group);
    else if (group.whole && !timeline.stepwise) fetchDetail(timeline, group);
  }
}

async function fetchWhole(timeline, group) {
  group.asked = true;
  timeline.settled.wait(`curves of ${group.key}`);
  try {
    const curves = await read(group.curves);
    for (const lane of group.lanes) receive(lane, curves[lane.key]);
    Object.assign(group, { whole: true, span: EVERYTHING });
  } catch {
    group.asked = false;
    for (const lane of group.lanes) lane.note = "not read: fold and open to retry";
  }
  timeline.arrange();
  timeline.settled.done(`curves of ${group.key}`);
  if (group.whole && !timeline.stepwise) fetchDetail(timeline, group);
}

// Points of a narrow range stand in for those of the whole curve, which come back when more than they is in view.
async function fetchDetail(timeline, group) {
  const { range, bounds } = timeline;
  if (isFineEnough(group.span, range, bounds)) return;
  group.reading?.abort();
  const wanted = isWhole(range, bounds) ? null : widened(range);
  if (!wanted) return show(timeline, group, null, {});
  group.reading = new AbortController();
  try {
    const address = new URL(group.curves, location);
    address.search = changed(address.searchParams, rangeValues(wanted));
    show(timeline, group, wanted, await read(address, group.reading.signal));
  } catch {
    // What was drawn before stays: it is coarse, but true.
  }
}

function show(timeline, group, span, curves) {
  group.span = span ?? EVERYTHING;
  for (const lane of group.lanes) detail(lane, span && (curves[lane.key] ?? []));
  timeline.draw();
}

// Whether the points of a span serve a range: they cover it, and it is a large enough part of them.
export function isFineEnough(span, range, bounds) {
  if (range.from < span.from || range.to > span.to) return false;
  const from = Math.max(span.from, bounds.least);
  const to = Math.min(span.to, bounds.most);
  return range.to - range.from >= (to - from) * COARSE;
}

export function widened({ from, to }) {
  const margin = (to - from) * MARGIN;
  return { from: from - margin, to: to + margin };
}

async function read(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(response.status);
  return response.json();
}
