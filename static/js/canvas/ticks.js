// Where a time axis carries ticks, in ms: steps of 1, 2 and 5 below a second, of clock units above.
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 100, 365].map((n) => n * DAY),
];

// The least step of at least `least` milliseconds.
export function stepOf(least) {
  if (least <= SECOND / 2) {
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * (1 - 1e-9));
  }
  return CLOCK.find((step) => step >= least) ?? CLOCK.at(-1) * Math.ceil(least / CLOCK.at(-1));
}

export function ticksOf(from, to, step) {
  const ticks = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) ticks.push(n * step);
  return ticks;
}
