// A measured stretch is explained in the inspector, and named by the address (`stretch`) as long as the drawer is open.
import { changed, momentText, readQuery, writeQuery } from "../canvas/address.js";

// {from, to} in ms of the stretch that the address names, or null.
export function readStretch(query = readQuery()) {
  const [from, to] = (query.get("stretch") ?? "").split("~").map((text) => (text ? Number(text) : Number.NaN));
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null;
}

export function stretchText({ from, to }) {
  return `${momentText(from)}~${momentText(to)}`;
}

export function bindExplain(timeline) {
  const { explains } = timeline.root.dataset;
  if (!explains) return;
  const { measure } = timeline;
  timeline.parts.measure.querySelector("[data-explain]").addEventListener("click", () => explain(timeline));
  document.addEventListener("drawer:close", () => writeQuery(changed(readQuery(), { stretch: null })));
  const stretch = readStretch();
  if (!stretch) return;
  measure.range = stretch;
  explain(timeline);
}

function explain(timeline) {
  const { explains, inspector } = timeline.root.dataset;
  const { range } = timeline.measure;
  timeline.select(null);
  writeQuery(changed(readQuery(), { stretch: stretchText(range) }));
  const query = `?from=${momentText(range.from)}&to=${momentText(range.to)}`;
  htmx.ajax("GET", explains + query, { target: inspector, swap: "innerHTML" });
}
