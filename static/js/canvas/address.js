// The page's address as every page with a time axis reads and writes it. Parameters that a page does not know stay.
//
// `from` and `to` are milliseconds since the session's start, on every tab. They are written with three decimals at
// least: whole numbers in an address were typed by hand or, on the flame graph, are of an older version (see
// flame/moments.js).
const LATER = 250; // ms; browsers limit how often an address may be replaced

export function readQuery() {
  return new URLSearchParams(location.search);
}

// {from, to} in ms, or null where the address holds no range.
export function readRange(query) {
  if (!query.get("from") || !query.get("to")) return null;
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null;
}

// Hundredths of a microsecond, without zeros at the end, but with three decimals at least.
export function momentText(ms) {
  return ms.toFixed(5).replace(/0{1,2}$/, "");
}

// What the address says of a range; null for the whole axis.
export function rangeValues(range) {
  return { from: range && momentText(range.from), to: range && momentText(range.to) };
}

// The query with some values set, or dropped where they are null.
export function changed(query, values) {
  const result = new URLSearchParams(query);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

export function writeQuery(query, how = "replaceState") {
  const text = query.toString();
  history[how](history.state, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
  carryRange(query);
}

// The session's other tabs open at the range that is shown here.
export function carryRange(query) {
  const values = rangeValues(readRange(query));
  for (const link of document.querySelectorAll("a[data-carries-range]")) {
    const url = new URL(link.href);
    url.search = changed(url.searchParams, values);
    link.href = url;
  }
}

// Keeps the address up to date: `values()` gives what it holds, by parameter.
export class Address {
  constructor(values, settled) {
    Object.assign(this, { values, settled, timer: 0 });
  }

  later() {
    this.cancel();
    this.settled.wait("address");
    this.timer = setTimeout(() => this.now(), LATER);
  }

  now(how = "replaceState") {
    this.cancel();
    writeQuery(changed(readQuery(), this.values()), how);
  }

  cancel() {
    clearTimeout(this.timer);
    this.settled.done("address");
  }
}
