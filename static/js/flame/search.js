// Finds methods while a name is typed; the last question wins.
import { calls, microseconds } from "../format.js";
import { fetchMatches } from "./api.js";

const DELAY = 150;

export class Search {
  constructor(base, output, onFound, onError) {
    Object.assign(this, { base, output, onFound, onError, timer: 0 });
  }

  look(thread, text, delay = DELAY) {
    clearTimeout(this.timer);
    this.abort?.abort();
    if (!text.trim()) {
      this.output.textContent = "";
      this.onFound(null);
      return;
    }
    this.timer = setTimeout(() => this.fetch(thread, text.trim()), delay);
  }

  async fetch(thread, text) {
    this.abort = new AbortController();
    try {
      const found = await fetchMatches(this.base, thread, text, this.abort.signal);
      const methods = `${found.methods.length} method${found.methods.length === 1 ? "" : "s"}`;
      this.output.textContent = found.calls ? `${calls(found.calls)}, ${microseconds(found.total)}` : "No calls";
      this.output.title = `Calls of ${methods}; the time of calls inside another match is counted once`;
      this.onFound(found);
    } catch (error) {
      if (error.name !== "AbortError") this.onError(error);
    }
  }
}
