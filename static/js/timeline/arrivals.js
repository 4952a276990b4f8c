// What comes after the page: whole curves when their group is first open; and points and spans of the range in view
// when that is so narrow that those of the whole would look coarse.
import { changed, rangeValues } from "../canvas/address.js";
import { isWhole } from "../canvas/range.js";
import { detail, receive, refine } from "./model.js";
import { unpackedSpans } from "./packed.js";

const MARGIN = 0.25; // of the range in view, on either side, so that moving a little needs no new points
const EVERYTHING = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const COARSE = 0.5; // a range that shows less than this part of the points' own is read again

export function fetchCurves(timeline) {
  const shown = new Set(timeline.places.lanes.map(({ lane }) => lane));
  for (const group of timeline.model.groups) {
    if (!group.lanes.some((lane) => shown.has(lane))) continue;
    if (group.curves && !group.asked) fetchWhole(timeline, group);
    else if ((group.whole || group.finer) && !timeline.stepwise) fetchDetail(timeline, group);
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

// What a narrow range holds stands in for the whole, which comes back when more than it is in view.
async function fetchDetail(timeline, group) {
  const { range, bounds } = timeline;
  if (isFineEnough(group, range, bounds)) return;
  group.reading?.abort();
  const wanted = isWhole(range, bounds) ? null : widened(range);
  if (!wanted) return show(timeline, group, null, {});
  group.reading = new AbortController();
  const asked = `${group.key} from ${wanted.from} to ${wanted.to}`;
  timeline.settled.wait(asked);
  try {
    const address = new URL(group.finer || group.curves, location);
    address.search = changed(address.searchParams, rangeValues(wanted));
    show(timeline, group, wanted, await read(address, group.reading.signal));
  } catch {
    // What was drawn before stays: it is coarse, but true.
  }
  timeline.settled.done(asked);
}

function show(timeline, group, span, parts) {
  group.span = span ?? EVERYTHING;
  const take = group.finer ? takeSpans : takePoints;
  for (const lane of group.lanes) take(lane, span && parts[lane.key]);
  group.exact = Boolean(span && group.finer) && !group.lanes.some(({ spans }) => spans.some(({ count }) => count > 1));
  timeline.renew();
}

function takeSpans(lane, packed) {
  refine(lane, packed ? unpackedSpans(packed) : null);
}

function takePoints(lane, points) {
  detail(lane, points === null ? null : (points ?? []));
}

// Whether what a group has of a span serves a range: it covers it, and either leaves nothing out or is not much wider.
export function isFineEnough({ span = EVERYTHING, exact = false }, range, bounds) {
  if (range.from < span.from || range.to > span.to) return false;
  if (exact) return true;
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
