// Which calls trees and tables are made of, beside the thread: of which range, and without which methods. The same
// names stand in the page's address and in the addresses of data.
import { microseconds } from "../format.js";

export const NARROWING = ["package", "own", "exclude", "collapse", "share"];
const SHARES = ["0.0001", "0.01", "0.05"];

export function readScope(query) {
  const exclude = (query.get("exclude") ?? "").split(".").filter((method) => /^\d+$/.test(method));
  return {
    package: query.get("package") ?? "",
    own: query.get("own") === "on",
    exclude: exclude.map(Number),
    collapse: query.get("collapse") === "on",
    share: SHARES.includes(query.get("share")) ? query.get("share") : "",
  };
}

// As parameters; what is not set is null.
export function writeScope({ package: name, own, exclude, collapse, share }) {
  return {
    package: name || null,
    own: own ? "on" : null,
    exclude: exclude?.length ? exclude.join(".") : null,
    collapse: collapse ? "on" : null,
    share: share || null,
  };
}

// What data is asked for with: the range as whole µs since the first call.
export function askedWith(state, more = {}) {
  const { span, weight } = state;
  const range = span ? { from: Math.floor(span.from), to: Math.ceil(span.to) } : {};
  const values = { weight, ...range, ...writeScope(state), ...more };
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== null && value !== ""));
}

// What is narrowed, in words, each with the change that takes it back.
export function chipsOf(state, methods, momentOf) {
  const { span, exclude, package: name, own, collapse, share } = state;
  const chips = exclude.map((method) => ({
    text: `Without ${methods?.names[method] ?? "…"}`,
    undo: { exclude: exclude.filter((other) => other !== method) },
  }));
  if (name) chips.unshift({ text: `Only ${name}`, undo: { package: "" } });
  if (own) chips.unshift({ text: "Only its own code", undo: { own: false } });
  if (collapse) chips.push({ text: "Recursion collapsed", undo: { collapse: false } });
  if (share) chips.push({ text: `Paths from ${Number(share) * 100} %`, undo: { share: "" } });
  if (span) chips.unshift({ text: `${momentOf(span)} (${microseconds(span.to - span.from)})`, undo: { span: null } });
  return chips;
}
