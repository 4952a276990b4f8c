// Blocks count µs since the profile's first call; addresses and the session's other tabs count ms since the session's
// start. Here, and nowhere else, one becomes the other. `origin` is the first call's start in µs since the session's.
//
// Addresses of older versions held µs since the first call in the same parameters, or weights where the order was not
// that of time. They had two decimals at most, ours have three at least (canvas/address.js). So a range with fewer is
// old or was typed by hand, and is written anew as ours when the page begins:
// - one that ends after the session can only be old, and is read as µs since the first call;
// - any other is read as ms of the session; the page says so and offers the other reading;
// - weights name no moment: they are dropped, and the page says so.
import { changed, rangeValues, readRange } from "../canvas/address.js";
import { duration } from "../format.js";

const OURS = /\.\d{3,}$/;

export function toMoments({ from, to }, { origin }) {
  return { from: (from + origin) / 1000, to: (to + origin) / 1000 };
}

export function fromMoments({ from, to }, { origin }) {
  return { from: from * 1000 - origin, to: to * 1000 - origin };
}

// The part of the profile that the address shows: {range: µs since the first call, or null for all, notice}.
export function readMoments(query, config) {
  const given = readRange(query);
  if (!given) return { range: null, notice: null };
  const { from, to } = fromMoments(given, config);
  const range = { from: Math.max(0, from), to: Math.min(config.extent, to) };
  if (range.from < range.to) return { range, notice: null };
  const profile = words(toMoments({ from: 0, to: config.extent }, config));
  return { range: null, notice: { text: `The profile has no calls from ${words(given)}: it runs from ${profile}.` } };
}

// The query with its range as ours, and a notice: null or {text, other: the query in the other reading}.
export function modern(query, config) {
  const given = readRange(query);
  if (!given || isOurs(query)) return { query, notice: null };
  const as = (range) => changed(query, rangeValues(range));
  if (query.has("mode")) return { query: as(null), notice: { text: DROPPED } };
  const old = as(toMoments(given, config));
  return isOld(given, config) ? { query: old, notice: null } : { query: as(given), notice: doubt(given, old) };
}

function isOurs(query) {
  return [query.get("from"), query.get("to")].every((text) => OURS.test(text));
}

function isOld({ to }, { origin, extent, length }) {
  return to > Math.max(length, (origin + extent) / 1000);
}

const DROPPED = "This address is of an older version; its range cannot be shown any more. All of the thread is shown.";

function doubt(given, other) {
  const text =
    `The range of this address is read as milliseconds of the session: ${words(given)}. ` +
    "Addresses of older versions counted microseconds since the first call.";
  return { text, other };
}

function words({ from, to }) {
  return `${duration(from)} to ${duration(to)}`;
}
