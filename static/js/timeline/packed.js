// Spans come as columns (`packed` of statetrace_ui/web/timeline.py); here they are objects again.
export function unpacked(data) {
  const groups = data.groups.map((group) => ({ ...group, lanes: group.lanes.map(unpackedLane) }));
  return { ...data, groups };
}

function unpackedLane(lane) {
  return { ...lane, spans: unpackedSpans(lane.spans) };
}

export function unpackedSpans({ start, end, name, names, tone, tones, colour, count, href, key }) {
  return start.map((_, i) => ({
    start: start[i],
    end: end[i],
    name: names[name[i]],
    tone: tones[tone[i]],
    colour: colour[i],
    count: count[i],
    href: whole(href, i),
    key: whole(key, i),
  }));
}

function whole({ before, after, between }, i) {
  return before + between[i] + after;
}
