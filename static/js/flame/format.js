// Numbers as people read them; the same units as the server's template filters.
export function duration(us) {
  if (us < 0) return `−${duration(-us)}`;
  if (us < 1000) return `${Number(us.toPrecision(3))} µs`;
  if (us < 1e6) return `${Number((us / 1e3).toPrecision(3))} ms`;
  if (us < 6e7) return `${Number((us / 1e6).toPrecision(4))} s`;
  const seconds = Math.round(us / 1e6);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function count(value) {
  return value.toLocaleString("en-GB");
}

export function calls(value) {
  return `${count(value)} call${value === 1 ? "" : "s"}`;
}

export function share(part, whole) {
  return whole ? `${((100 * part) / whole).toPrecision(3)} %` : "–";
}

// A position on the axis, written with as many decimals as the distance between ticks needs.
export function position(us, step) {
  if (us === 0) return "0";
  const [unit, name] = step >= 1e6 ? [1e6, "s"] : step >= 1e3 ? (us >= 1e6 ? [1e6, "s"] : [1e3, "ms"]) : us >= 1e6 ? [1e6, "s"] : us >= 1e3 ? [1e3, "ms"] : [1, "µs"];
  const decimals = Math.max(0, Math.ceil(Math.log10(unit / step) - 1e-9));
  return `${(us / unit).toFixed(decimals)} ${name}`;
}
