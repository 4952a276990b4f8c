// The timeline's data as it is drawn: spans in rows that do not overlap, curves with their extremes.
import { identified } from "./arrangement.js";
import { lengthOf, placedCurve, placedSpan, readParts } from "./sides.js";

const MOST_ROWS = 6;
const MARGIN = 0.015; // on either side of the whole, so that what lies at its ends can be seen
const MICROSECONDS = 1000; // parts of a ms

// data: what Timeline.as_json() of statetrace_ui/web/timeline.py gives. stepwise: two sessions are lined up by steps.
export function readModel(data, stepwise = false) {
  const sides = new Map((data.sides ?? []).map((side) => [side.key, { ...side, parts: readParts(side.parts) }]));
  const groups = data.groups.map((group) => ({
    ...group,
    lanes: identified(group.key, group.lanes).map((lane) =>
      readLane(stepwise ? placed(lane, sides) : lane, group.curves),
    ),
  }));
  const lengths = stepwise ? [...sides.values()].map(({ parts }) => lengthOf(parts)) : [];
  const length = Math.max(data.length, ...lengths);
  const others = new Map(
    (data.pairs ?? []).flatMap(([one, other]) => [
      [one, other],
      [other, one],
    ]),
  );
  return { origin: Date.parse(data.origin), length, groups, byKey: byKey(groups), sides, others };
}

// A lane whose side is lined up with the other one.
function placed(lane, sides) {
  const { parts } = sides.get(lane.side);
  return { ...lane, parts, spans: lane.spans.map((span) => placedSpan(parts, span)) };
}

// How far the axis goes, in ms. Ranges end on whole microseconds, or hundredths where those can be told apart.
export function boundsOf(length) {
  const round = (ms) => Math.round(ms * MICROSECONDS) / MICROSECONDS;
  return {
    least: round(-length * MARGIN),
    most: round(length * (1 + MARGIN)),
    finest: Math.max(length / 1e7, 1e-4),
    parts: (span) => (span > 20 ? MICROSECONDS : 100 * MICROSECONDS),
  };
}

// plotted: a curve is drawn or will be; note: what the lane has to say of itself.
function readLane(lane, awaited) {
  const { spans, rows, crowded } = inRows(lane.spans);
  const note = awaited ? "reading…" : crowded ? "crowded" : "";
  const plotted = Boolean(awaited) || lane.curve.length > 0;
  // Where some were merged, the lane is as high as all of them need.
  const room = Math.max(rows.length, lane.rows ?? 0);
  return { ...lane, spans, all: spans, rows, room, note, plotted, extremes: extremes(lane.curve) };
}

function inRows(unordered) {
  const spans = unordered.map((span) => ({ ...span, instant: span.end <= span.start }));
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  return { spans, ...stacked(spans) };
}

// Lets a lane hold the spans of a range, less merged, or with null those of the whole length again, as in `all`.
export function refine(lane, part) {
  const { spans, rows } = inRows(part ?? lane.all);
  Object.assign(lane, { spans, rows });
}

// The span of that key as a model's lanes hold it now.
export function spanOf(model, key) {
  for (const { lanes } of model.groups) {
    for (const lane of lanes) {
      const found = lane.spans.find((span) => span.key === key);
      if (found) return found;
    }
  }
  return undefined;
}

// Gives a lane the curve that it waited for.
export function receive(lane, points = []) {
  const curve = lane.parts ? placedCurve(lane.parts, points) : points;
  Object.assign(lane, { curve, extremes: extremes(curve), note: curve.length ? "" : "no values" });
}

// Each span goes to the first row that is free; what finds none joins the last row's runs, which are counted.
function stacked(spans) {
  const rows = [];
  const ends = [];
  let crowded = false;
  for (const span of spans) {
    let row = ends.findIndex((end) => end < span.start || (end === span.start && !span.instant));
    if (row < 0 && rows.length < MOST_ROWS) row = rows.push([]) - 1;
    if (row < 0) {
      crowded = true;
      joinLast(rows.at(-1), span);
      ends[MOST_ROWS - 1] = Math.max(ends[MOST_ROWS - 1], span.end);
    } else {
      rows[row].push(span);
      ends[row] = span.end;
    }
  }
  return { rows, crowded };
}

function joinLast(row, span) {
  const run = merged(row.at(-1), span);
  row[row.length - 1] = run;
}

// A run stands for several spans: it is counted, and explained by its longest member.
export function merged(run, span) {
  const longer = span.end - span.start > (run.longest ?? run.end - run.start) ? span : run;
  return {
    ...longer,
    start: Math.min(run.start, span.start),
    end: Math.max(run.end, span.end),
    longest: Math.max(run.longest ?? run.end - run.start, span.end - span.start),
    instant: false,
    count: run.count + span.count,
    colour: run.colour === span.colour ? run.colour : 0,
    tone: run.tone === span.tone ? run.tone : "",
  };
}

// Lets a lane draw the points of a part of its curve, or with null the whole curve again.
export function detail(lane, part) {
  lane.whole ??= lane.curve;
  lane.curve = part ?? lane.whole;
}

// The least and greatest value, null of a curve without points; one with gaps alone lies at 0.
function extremes(curve) {
  if (!curve.length) return null;
  let [least, most] = [Infinity, -Infinity];
  for (const [, value] of curve) {
    if (value === null) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? { least, most } : { least: 0, most: 0 };
}

function byKey(groups) {
  const found = new Map();
  for (const group of groups) {
    for (const lane of group.lanes) {
      for (const span of lane.spans) if (span.key) found.set(span.key, { span, lane, group });
    }
  }
  return found;
}
