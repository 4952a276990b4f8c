// Names of groups and lanes as HTML over or beside the lanes: buttons that fold, links to pages of their own.
import { count, extent as extentText, quantity } from "../format.js";
import { valueAt } from "./curves.js";
import { bindDragging } from "./dragging.js";
import { make } from "./elements.js";

const ROOMY = 40; // pixels of a lane that has a second line for its name
const MOST_NAMES = 3;

export class Labels {
  constructor(timeline, element) {
    Object.assign(this, { timeline, element });
    bindDragging(timeline, element);
  }

  build() {
    const { groups, lanes } = this.timeline.places;
    const focused = document.activeElement?.dataset?.group;
    const named = lanes.map((place) => laneLabel(this.timeline, place));
    const all = [...groups.map((place) => groupLabel(this.timeline, place)), ...named];
    const tops = [...groups, ...lanes].map(({ y }) => y);
    const { pinned } = this.timeline.view;
    const above = all.filter((_, i) => tops[i] < pinned);
    this.element.replaceChildren(strip(pinned, above), ...all.filter((_, i) => tops[i] >= pinned));
    this.notes = lanes.map(({ lane }, i) => ({ lane, note: named[i].querySelector("small") }));
    if (focused !== undefined) this.element.querySelector(`[data-group="${CSS.escape(focused)}"]`)?.focus();
  }

  // What every lane that has room for it says of a moment in ms; of itself again with null.
  read(ms) {
    for (const { lane, note } of this.notes) {
      if (note)
        note.textContent = ms === null ? noteOf(lane) : lane.extremes ? valueText(lane, ms) : spansText(lane, ms);
    }
  }
}

function noteOf(lane) {
  return lane.extremes ? extremesText(lane) : lane.note;
}

function valueText(lane, ms) {
  const value = lane.curve.length ? valueAt(lane.curve, ms) : null;
  return value === null ? "no value" : quantity(value, lane.unit);
}

// The spans at a moment, as many as there are rows.
export function spansText(lane, ms) {
  const names = lane.spans.filter(({ start, end }) => start <= ms && ms <= end).map(({ name }) => name);
  return (
    names.slice(0, MOST_NAMES).join(" · ") + (names.length > MOST_NAMES ? ` · ${names.length - MOST_NAMES} more` : "")
  );
}

function groupLabel(timeline, { group, y, height }) {
  const row = placed("timeline-group", y, height);
  row.append(foldButton(timeline, group));
  if (group.href) row.append(make("a", { href: group.href, class: "timeline-open" }, "Open"));
  return row;
}

function foldButton(timeline, group) {
  const expanded = String(!timeline.folded.has(group.key));
  const attributes = { type: "button", class: "timeline-fold", "aria-expanded": expanded, "data-group": group.key };
  const button = make("button", attributes);
  button.append(make("span", { class: "timeline-chevron", "aria-hidden": "true" }), make("bdi", {}, group.name));
  const spans = group.lanes.reduce((sum, lane) => sum + lane.all.reduce((n, span) => n + span.count, 0), 0);
  if (spans) button.append(make("span", { class: "timeline-count" }, count(spans)));
  button.addEventListener("click", () => timeline.fold(group.key));
  return button;
}

// Stays above what scrolls, with the labels of pinned lanes.
function strip(height, labels) {
  const element = make("div", { class: "timeline-pinned" });
  element.style.setProperty("height", `${height}px`);
  element.append(...labels);
  return element;
}

function laneLabel(timeline, { lane, group, y, label, height }) {
  const row = placed("timeline-lane", y, label || height);
  const name = lane.href ? make("a", { href: lane.href, title: lane.name }) : make("span", { title: lane.name });
  if (lane.side) name.append(make("span", { class: `timeline-side ${lane.side}` }, lane.side));
  name.append(make("bdi", {}, lane.name));
  row.append(name);
  const note = noteOf(lane);
  if (note || height >= ROOMY) row.append(make("small", {}, note));
  Object.assign(row.dataset, { lane: lane.id, groupOf: group.key });
  row.append(tools(timeline, lane));
  return row;
}

// What a pointer does with a lane; keys and the list of lanes do the same.
function tools(timeline, { id, name }) {
  const element = make("span", { class: "timeline-tools" });
  const words = { pin: timeline.arranging.isPinned(id) ? "Unpin" : "Pin", hide: "Hide" };
  for (const [act, word] of Object.entries(words)) {
    const button = make("button", { type: "button", tabindex: "-1", "aria-label": `${word} ${name}` }, word);
    button.addEventListener("click", () => timeline.arranging[act](id));
    element.append(button);
  }
  return element;
}

function extremesText({ extremes: { least, most }, unit }) {
  return extentText(least, most, unit);
}

function placed(name, y, height) {
  const row = make("div", { class: name });
  row.style.setProperty("top", `${y}px`);
  row.style.setProperty("height", `${height}px`);
  return row;
}
