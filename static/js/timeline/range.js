// The stretch of time that is shown, in milliseconds since the origin; always within the whole and never empty.
const MARGIN = 0.015; // on either side of the whole, so that what lies at its ends can be seen

export class Range {
  constructor(length) {
    this.least = -length * MARGIN;
    this.most = length * (1 + MARGIN);
    this.finest = Math.max(length / 1e7, 1e-4);
    this.from = this.least;
    this.to = this.most;
  }

  get span() {
    return this.to - this.from;
  }

  get whole() {
    return this.from <= this.least && this.to >= this.most;
  }

  set(from, to) {
    if (!Number.isFinite(from) || !Number.isFinite(to)) return;
    const span = Math.min(Math.max(Math.abs(to - from), this.finest), this.most - this.least);
    this.from = Math.min(Math.max(Math.min(from, to), this.least), this.most - span);
    this.to = this.from + span;
  }

  all() {
    this.set(this.least, this.most);
  }

  pan(ms) {
    this.set(this.from + ms, this.to + ms);
  }

  // Factors below 1 zoom in; `at` stays where it is.
  zoom(factor, at = (this.from + this.to) / 2) {
    const span = Math.min(this.span * factor, this.most - this.least);
    const from = at - ((at - this.from) / this.span) * span;
    this.set(from, from + span);
  }

  // Move (and widen if need be) as little as it takes to show `start` to `end`.
  reveal(start, end) {
    if (start >= this.from && end <= this.to) return;
    const span = Math.max(this.span, (end - start) * 1.2);
    const from = end - start > this.span || start < this.from ? start - span * 0.1 : end - span * 0.9;
    this.set(from, from + span);
  }
}
