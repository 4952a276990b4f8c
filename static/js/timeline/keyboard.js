// Keys while the lanes have the focus.
import { axisKeys, onKeys } from "../canvas/keys.js";
import { nearestInLane, nextSpan } from "./walk.js";

export function bindKeys(timeline, canvas) {
  const actions = {
    ...axisKeys({
      zoom: (factor) => timeline.zoom(factor, focus(timeline)),
      pan: (share) => timeline.pan(share * (timeline.range.to - timeline.range.from)),
      all: () => timeline.showAll(),
    }),
    ArrowDown: () => walk(timeline, nextSpan, 1),
    ArrowUp: () => walk(timeline, nextSpan, -1),
    PageDown: () => walk(timeline, nearestInLane, 1),
    PageUp: () => walk(timeline, nearestInLane, -1),
    Enter: () => timeline.selected && timeline.select(timeline.selected, { open: true }),
    Escape: () => timeline.measure.clear() || timeline.select(null),
    p: () => arrange(timeline, (id) => timeline.arranging.pin(id)),
    h: () => arrange(timeline, (id) => timeline.arranging.hide(id)),
  };
  onKeys(canvas, actions, {
    ArrowDown: () => arrange(timeline, (id) => timeline.arranging.move(id, 1)),
    ArrowUp: () => arrange(timeline, (id) => timeline.arranging.move(id, -1)),
  });
}

// Does something with the lane of the selected span.
function arrange({ places, selected }, act) {
  const place = places.lanes.find(({ lane }) => lane.spans.includes(selected));
  if (place) act(place.lane.id);
}

// Zooming keeps the selected span in place while it is in sight.
function focus({ selected, range }) {
  const inSight = selected && selected.start >= range.from && selected.end <= range.to;
  return inSight ? (selected.start + selected.end) / 2 : undefined;
}

function walk(timeline, choose, by) {
  const lanes = timeline.places.lanes.map(({ lane }) => lane.spans).filter((spans) => spans.length);
  const span = choose(lanes, timeline.selected, by, timeline.range.from);
  if (span) timeline.select(span, { reveal: true });
}
