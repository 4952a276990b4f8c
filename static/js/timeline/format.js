// Durations and times as text: the unit that reads best, as the server's `duration` filter writes them.
export function duration(ms) {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${trimmed(ms * 1000)} µs`;
  if (ms < 1000) return `${trimmed(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000, 4)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function trimmed(value, digits = 3) {
  return String(Number(value.toPrecision(digits)));
}

// A place on the axis, with the digits that `step` (ms between ticks) can tell apart.
export function offset(ms, step) {
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms);
  if (step < 1 && size < 1000) return `${sign}${size.toFixed(decimals(step))} ms`;
  if (size < 1000 && step < 1000) return `${sign}${size.toFixed(0)} ms`;
  if (size < 60_000) return `${sign}${(size / 1000).toFixed(decimals(step / 1000))} s`;
  const minutes = Math.floor(size / 60_000);
  const clock = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  const seconds = (size % 60_000) / 1000;
  return step >= 60_000 || (seconds === 0 && step >= 1000) ? `${sign}${clock}` : `${sign}${clock} ${seconds.toFixed(decimals(step / 1000))} s`;
}

function decimals(step) {
  return step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
}

const absolute = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  fractionalSecondDigits: 3, hourCycle: "h23", timeZoneName: "short",
});

// Epoch milliseconds in the viewer's zone, the zone named.
export function moment(epoch) {
  return absolute.format(new Date(epoch));
}

export function number(value) {
  return new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4, notation: Math.abs(value) >= 1e6 ? "compact" : "standard" }).format(value);
}
