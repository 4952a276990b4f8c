// Names of groups and lanes as HTML over or beside the lanes: buttons that fold, links to pages of their own.
import { number } from "./format.js";

export function labels(timeline, element) {
  return function build() {
    const { groups, lanes } = timeline.places;
    const focused = document.activeElement?.dataset?.group;
    element.replaceChildren(...groups.map((place) => groupLabel(timeline, place)), ...lanes.map(laneLabel));
    if (focused !== undefined) element.querySelector(`[data-group="${CSS.escape(focused)}"]`)?.focus();
  };
}

function groupLabel(timeline, { group, y, height }) {
  const open = !timeline.folded.has(group.key);
  const button = make("button", { type: "button", class: "timeline-fold", "aria-expanded": String(open), "data-group": group.key });
  button.append(make("span", { class: "timeline-chevron", "aria-hidden": "true" }), make("bdi", {}, group.name));
  const count = group.lanes.reduce((sum, lane) => sum + lane.spans.reduce((n, span) => n + span.count, 0), 0);
  if (count) button.append(make("span", { class: "timeline-count" }, count.toLocaleString("en")));
  button.addEventListener("click", () => timeline.fold(group.key));
  const row = placed("timeline-group", y, height);
  row.append(button);
  if (group.href) row.append(make("a", { href: group.href, class: "timeline-open" }, "Open"));
  return row;
}

function laneLabel({ lane, y, label, height }) {
  const row = placed("timeline-lane", y, label || height);
  const name = lane.href ? make("a", { href: lane.href, title: lane.name }) : make("span", { title: lane.name });
  name.append(make("bdi", {}, lane.name));
  row.append(name);
  if (lane.extremes) {
    const { least, most } = lane.extremes;
    row.append(make("small", {}, `${number(least)} – ${number(most)} ${lane.unit}`));
  } else if (lane.note) row.append(make("small", {}, lane.note));
  return row;
}

function placed(name, y, height) {
  const row = make("div", { class: name });
  row.style.setProperty("top", `${y}px`);
  row.style.setProperty("height", `${height}px`);
  return row;
}

function make(tag, attributes, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}
