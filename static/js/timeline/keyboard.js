// Keys while the lanes have the focus. Tab is left alone, so that nobody is caught in a list of a thousand spans.
const PAN = 0.15, ZOOM = 1.6;

export function keyboard(timeline, canvas) {
  const actions = {
    ArrowLeft: () => timeline.pan(-PAN * timeline.range.span),
    ArrowRight: () => timeline.pan(PAN * timeline.range.span),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    PageDown: () => leap(1),
    PageUp: () => leap(-1),
    "+": () => timeline.zoom(1 / ZOOM, focus()),
    "=": () => timeline.zoom(1 / ZOOM, focus()),
    "-": () => timeline.zoom(ZOOM, focus()),
    Home: () => timeline.showAll(),
    Enter: () => timeline.selected && timeline.select(timeline.selected, { open: true }),
    Escape: () => timeline.select(null),
  };

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  });

  // Zooming keeps the selected span in place while it is in sight.
  function focus() {
    const { selected, range } = timeline;
    return selected && selected.start >= range.from && selected.end <= range.to ? (selected.start + selected.end) / 2 : undefined;
  }

  function visible() {
    return timeline.places.lanes.filter(({ lane }) => lane.spans.length).map(({ lane }) => lane.spans);
  }

  // The next span of the lane, and after its last the next lane's first.
  function step(by) {
    const all = visible().flat();
    const now = all.indexOf(timeline.selected);
    const start = all.findIndex((span) => span.end >= timeline.range.from);
    const next = now < 0 ? Math.max(0, start) : Math.min(all.length - 1, Math.max(0, now + by));
    if (all[next]) timeline.select(all[next], { reveal: true });
  }

  // The span of the next lane that is nearest in time.
  function leap(by) {
    const rows = visible();
    const now = rows.findIndex((spans) => spans.includes(timeline.selected));
    if (now < 0) return step(1);
    const at = timeline.selected.start;
    const spans = rows[Math.min(rows.length - 1, Math.max(0, now + by))];
    const nearest = spans.reduce((best, span) => (Math.abs(span.start - at) < Math.abs(best.start - at) ? span : best));
    return timeline.select(nearest, { reveal: true });
  }
}
