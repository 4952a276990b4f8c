// Draws every [data-chart] with Plotly from the figure that json_script put into the page under that id.
//   data-chart-zoom     address that answers {figure, readout} for a range; asked again when the time axis is zoomed
//   data-chart-leads    address of a list; dragging over a part of the time axis leads to what it has of that time
//   data-chart-readout  id of the element that shows the readout
// A point with an address in customdata leads there. Colours are custom properties, resolved for the current theme.
import { changed, rangeValues, readQuery, writeQuery } from "./canvas/address.js";
import { onThemeChange } from "./canvas/theme.js";

const COLOUR = /^var\((--[\w-]+)\)$/;
const CONFIG = {
  responsive: true,
  displaylogo: false,
  doubleClick: false,
  modeBarButtons: [["zoomIn2d", "zoomOut2d", "autoScale2d", "toImage"]],
};
const charts = new Map(); // element → {figure, revision, asked}

function resolver() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const known = new Map();
  const colour = (name) => {
    if (!known.has(name)) {
      probe.style.color = `var(${name})`;
      known.set(name, getComputedStyle(probe).color);
    }
    return known.get(name);
  };
  return { colour, done: () => probe.remove() };
}

// The figure with every `var(--name)` as a colour of the theme. Typed arrays (base64) are left as they are.
function themed(value, colour) {
  if (typeof value === "string") {
    const name = COLOUR.exec(value);
    return name ? colour(name[1]) : value;
  }
  if (Array.isArray(value)) return value.map((item) => themed(item, colour));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, themed(item, colour)]));
}

function draw(element) {
  const { figure, revision } = charts.get(element);
  const { colour, done } = resolver();
  const { data, layout } = themed({ data: figure.data, layout: figure.layout }, colour);
  done();
  layout.uirevision = revision;
  layout.font.family = getComputedStyle(document.body).fontFamily;
  // The mode bar would lie over the data of a chart that leaves it no room.
  const displayModeBar = element.dataset.chartZoom ? "hover" : false;
  return Plotly.react(element, data, layout, { ...CONFIG, displayModeBar });
}

// The part of the time axis that a relayout asks for, in ms; null for all of it, undefined for something else.
function asked(change) {
  if (change["xaxis.autorange"]) return null;
  const range = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (range[0] === undefined) return undefined;
  const [from, to] = range.map((seconds) => Math.round(seconds * 1e6) / 1000);
  return { from, to };
}

// range: {from, to} in ms, or null for all
async function zoom(element, range) {
  const chart = charts.get(element);
  const query = changed(readQuery(), rangeValues(range));
  if (!query.has("series")) for (const trace of chart.figure.data) query.append("series", trace.meta);
  chart.asked?.abort();
  chart.asked = new AbortController();
  element.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`${element.dataset.chartZoom}?${query}`, { signal: chart.asked.signal });
    if (!response.ok) throw new Error(`The range could not be read (${response.status}).`);
    show(element, await response.json(), query);
  } catch (error) {
    if (error.name !== "AbortError") tell(element, error.message);
  }
}

function show(element, { figure, readout }, query) {
  Object.assign(charts.get(element), { figure, revision: String(query) });
  element.removeAttribute("aria-busy");
  writeQuery(query);
  document.getElementById(element.dataset.chartReadout).innerHTML = readout; // rendered and escaped by our own server
  fill(query);
  draw(element);
}

// Fields that name the range keep up with the mouse.
function fill(query) {
  for (const key of ["from", "to"]) {
    const value = query.has(key) ? Number(query.get(key)) : "";
    for (const field of document.querySelectorAll(`input[data-range][name=${key}]`)) field.value = value;
  }
}

function tell(element, problem) {
  element.removeAttribute("aria-busy");
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.role = "alert";
  notice.textContent = `${problem} Zoom again to retry.`;
  document.getElementById(element.dataset.chartReadout).replaceChildren(notice);
}

function follow(event) {
  const href = event.points[0]?.customdata;
  if (typeof href === "string" && href.startsWith("/")) location.assign(href);
}

// The axis has times of the viewer's zone, as lists take them: to the minute.
function lead(element, change) {
  const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (from === undefined) return;
  const minute = (time) => String(time).slice(0, 16).replace(" ", "T");
  const query = new URLSearchParams({ q: `since:${minute(from)} until:${minute(to)}` });
  location.assign(`${element.dataset.chartLeads}?${query}`);
}

function mount(element) {
  const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  charts.set(element, { figure, revision: "first" });
  draw(element).then(() => {
    element.on("plotly_click", follow);
    if (element.dataset.chartLeads) {
      element.on("plotly_relayout", (change) => lead(element, change));
      return;
    }
    if (!element.dataset.chartZoom) {
      element.on("plotly_doubleclick", () => Plotly.relayout(element, { "xaxis.autorange": true }));
      return;
    }
    element.on("plotly_doubleclick", () => zoom(element, null));
    element.on("plotly_relayout", (change) => {
      const range = asked(change);
      if (range !== undefined) zoom(element, range);
    });
  });
}

function mountAll(root) {
  for (const element of root.querySelectorAll("[data-chart]")) if (!charts.has(element)) mount(element);
}

mountAll(document);
document.addEventListener("htmx:load", (event) => mountAll(event.target.parentElement ?? document));
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  if (charts.delete(event.target)) Plotly.purge(event.target);
});
onThemeChange(() => {
  for (const element of charts.keys()) draw(element);
});
