// What is looked at, kept in the page's address, so that a moment can be shared and found again.
// `thread` is a number within the blocks; the address names it by the replica's ids, which outlive them. What a mode
// alone knows of, it reads and writes itself.
import { Address, carryRange, changed, rangeValues, readQuery, writeQuery } from "../canvas/address.js";
import { FIRST } from "./modes/index.js";
import { modern, toMoments } from "./moments.js";
import { readScope, writeScope } from "./scope.js";

export const EVERY = "all"; // instead of a thread's number: the calls of all
const JUMPS = ["thread", "mode", "focus", "method", "by"];

export class State {
  // listener(patch, restored) hears of every change.
  constructor(flame, listener) {
    Object.assign(this, { flame, listener });
    this.values = this.#readAddress();
    this.address = new Address(() => this.write(), flame.settled);
  }

  // A jump is a step of its own in the browser's history, moving about is not.
  change(patch) {
    const jump = JUMPS.some((key) => key in patch && String(patch[key]) !== String(this.values[key]));
    if (jump) this.address.now();
    if ("from" in patch) this.values.notice = null;
    Object.assign(this.values, patch);
    if (jump) this.address.now("pushState");
    this.listener(patch, false);
    this.address.later();
  }

  // Another mode shows what the address holds for it: the moment, where it shows one. more: what it begins with.
  switchTo(name, more = {}) {
    const none = { call: null, scroll: null, node: null, part: null };
    const { query: _, weight: __, ...values } = this.read(changed(this.#queryOfNow(), { mode: name, ...none }));
    this.change({ ...values, scroll: 0, selected: null, mode: name, ...more });
  }

  // Another range of time, in µs since the first call, for what shows only its calls; null for all.
  changeSpan(span) {
    writeQuery(changed(readQuery(), rangeValues(span && toMoments(span, this.flame.config))));
    this.change({ span });
  }

  #queryOfNow() {
    return changed(readQuery(), this.write());
  }

  // The browser's history: the address is another, the page is the same.
  restore() {
    this.address.cancel();
    const values = this.#readAddress();
    Object.assign(this.values, values);
    this.listener(values, true);
  }

  #readAddress() {
    const address = readQuery();
    const { query, notice } = modern(address, this.flame.config);
    if (query === address) carryRange(query);
    else writeQuery(query);
    const values = this.read(query);
    return { ...values, notice: notice ?? values.notice };
  }

  read(query) {
    const { threads, config, modes } = this.flame;
    const named = ({ process, id }) => process === query.get("process") && id === query.get("thread");
    const mode = Object.hasOwn(modes, query.get("mode")) ? query.get("mode") : FIRST;
    const every = query.get("thread") === EVERY && mode !== FIRST;
    const thread = threads.find(named) ?? threads[0];
    return {
      thread: every ? EVERY : (thread?.number ?? 0),
      mode,
      colour: query.get("colour") === "method" ? "method" : "package",
      ...readScope(query),
      weight: query.get("weight") === "cpu" && config.cpu ? "cpu" : "wall",
      scroll: Math.max(0, Number(query.get("scroll")) || 0),
      query: query.get("q") ?? "",
      ...modes[mode].address.read(query),
    };
  }

  write() {
    const { values } = this;
    const { threads, modes } = this.flame;
    const thread = threads.find(({ number }) => number === values.thread);
    const first = !thread || thread === threads[0];
    const foreign = Object.values(modes).flatMap(({ parameters }) => parameters);
    return {
      process: first ? null : thread.process,
      thread: values.thread === EVERY ? EVERY : first ? null : thread.id,
      mode: values.mode === FIRST ? null : values.mode,
      weight: values.weight === "wall" ? null : values.weight,
      scroll: values.scroll > 0 ? Math.round(values.scroll) : null,
      q: values.query || null,
      colour: values.colour === "method" ? "method" : null,
      ...writeScope(values),
      ...Object.fromEntries(foreign.map((name) => [name, null])),
      ...modes[values.mode].address.write(values),
    };
  }
}
