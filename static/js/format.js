// Numbers, durations and relative times as text. `duration`, `size`, `ago` and `count` follow the rules of
// statetrace_ui/web/quantities.py to the letter; tests/test_javascript.py compares them.
const LOCALE = "en-GB";

// Milliseconds in the unit that reads best: 412 µs, 12.3 ms, 1.204 s, 3 min 20 s, 2 h 5 min.
export function duration(ms) {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 5e-7) return "0 ms";
  if (ms * 1000 < 999.5) return `${significant(ms * 1000, 3)} µs`;
  if (ms < 999.5) return `${significant(ms, 3)} ms`;
  if (ms < 59_995) return `${significant(ms / 1000, 4)} s`;
  const seconds = Math.floor(ms / 1000 + 0.5);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// So many digits of a value below 1000, halves rounded up; a whole number without decimals.
function significant(value, digits) {
  const before = [1, 10, 100].filter((power) => value >= power).length;
  return value.toFixed(digits - before).replace(/\.0+$/, "");
}

// The same for microseconds, which function calls are measured in.
export function microseconds(us) {
  return duration(us / 1000);
}

const DAY = 86400;
const UNITS = [
  ["years", 365 * DAY, 730 * DAY],
  ["months", 30 * DAY, 60 * DAY],
  ["days", DAY, 2 * DAY],
  ["h", 3600, 7200],
  ["min", 60, 120],
  ["s", 1, 5],
];

// How long ago, in one unit: just now, 42 s ago, 3 min ago, 5 h ago, 12 days ago, 8 years ago. Clocks may differ by
// five seconds.
export function ago(seconds) {
  const length = Math.abs(seconds);
  const unit = UNITS.find(([, , least]) => length >= least);
  if (!unit) return "just now";
  const told = `${Math.floor(length / unit[1])} ${unit[0]}`;
  return seconds > 0 ? `${told} ago` : `in ${told}`;
}

// 1,234,567
export function count(value) {
  return value.toLocaleString(LOCALE);
}

export function calls(value) {
  return `${count(value)} call${value === 1 ? "" : "s"}`;
}

// A measured value, four digits of it.
export function number(value) {
  return new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 4 }).format(value);
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

// Bytes in powers of 1000: 512 B, 14.2 kB, 3.1 MB.
export function size(bytes) {
  if (bytes < 0) return `−${size(-bytes)}`;
  let [value, unit] = [bytes, 0];
  while (value >= 999.5 && unit < SIZES.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${significant(value, 3)} ${SIZES[unit]}`;
}

const BYTES = new Set(["b", "byte", "bytes"]);

// A measured value with its unit, where the unit is known in the one that reads best.
export function quantity(value, unit) {
  if (BYTES.has(unit.toLowerCase())) return size(value);
  return unit === "ms" ? duration(value) : `${number(value)} ${unit}`.trim();
}

// From the least to the greatest value: the unit once where it is the same.
export function extent(least, most, unit) {
  const [low, high] = [quantity(least, unit), quantity(most, unit)];
  const suffix = ` ${high.split(" ").at(-1)}`;
  const same = unit && low.endsWith(suffix) && !/\d$/.test(suffix);
  return `${same ? low.slice(0, -suffix.length) : low} – ${high}`;
}

export function share(part, whole) {
  return whole ? `${((100 * part) / whole).toPrecision(3)} %` : "–";
}

// A position on an axis, without its sign, with the digits that `step` (ms between ticks) can tell apart.
export function position(ms, step) {
  const size = Math.abs(ms);
  if (size >= 60_000) return clock(size, step);
  if (size >= 1000 || step >= 1000) return `${fixed(size / 1000, step / 1000)} s`;
  if (size >= 1 || step >= 1) return `${fixed(size, step)} ms`;
  return `${fixed(size * 1000, step * 1000)} µs`;
}

// The same with its sign: +1.5 s, −20 ms.
export function offset(ms, step) {
  return `${ms < 0 ? "−" : "+"}${position(ms, step)}`;
}

function clock(ms, step) {
  const digits = decimals(step / 1000);
  const all = Number((ms / 1000).toFixed(digits));
  const minutes = Math.floor(all / 60);
  const seconds = all - 60 * minutes;
  const hours = Math.floor(minutes / 60);
  const text = hours ? `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}` : `${minutes} min`;
  return step >= 60_000 || (seconds === 0 && step >= 1000) ? text : `${text} ${seconds.toFixed(digits)} s`;
}

function fixed(value, step) {
  return value.toFixed(decimals(step));
}

function decimals(step) {
  return step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
}

const absolute = new Intl.DateTimeFormat(LOCALE, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
  timeZoneName: "short",
});

// Epoch milliseconds in the viewer's zone, the zone named, as the server writes them: 22 Nov 2026, 10:15:03.250 CET.
export function moment(epoch) {
  return absolute.format(new Date(epoch));
}
