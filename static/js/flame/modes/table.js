// Table: what methods, packages or threads add up to, as the server renders it.
import { whole } from "../../canvas/range.js";
import { fetchTable } from "../api.js";
import { boundsOf } from "../levels.js";
import { readMoments } from "../moments.js";
import { askedWith, NARROWING } from "../scope.js";

const ASKED_BY = ["thread", "mode", "weight", "span", "by", "sort", "rows", "query", ...NARROWING];
const GROUPS = ["method", "package", "thread"];
const SORTS = ["own", "total", "calls", "name"];
const ROWS = /^\d{1,4}$/;

export class MethodTable {
  name = "table";
  flat = true; // not drawn on the canvas
  parameters = ["by", "sort", "rows"];
  map = 0;

  constructor(flame) {
    Object.assign(this, { flame, config: flame.config });
  }

  get extent() {
    return Math.max(1, this.config.extent);
  }

  get bounds() {
    return boundsOf(this.extent);
  }

  legend() {
    return "Self: outside of what it called. Total: with it; recursion counts once.";
  }

  follow(patch) {
    if (ASKED_BY.some((key) => key in patch)) this.#load();
  }

  async #load() {
    const { flame, config } = this;
    const { thread, by, sort, rows, query } = flame.state;
    this.abort?.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const asked = askedWith(flame.state, { by, sort, rows, q: query.trim() });
    const html = await flame.attempt("table", unlessAborted(fetchTable(config.base, thread, asked, signal)));
    if (html !== null) flame.part("table").innerHTML = html;
  }

  reselect() {}

  enter() {
    return null;
  }

  address = {
    read: (query) => {
      const { range, notice } = readMoments(query, this.config);
      const known = (name, list) => (list.includes(query.get(name)) ? query.get(name) : list[0]);
      const rows = ROWS.test(query.get("rows") ?? "") ? query.get("rows") : null;
      const shown = { by: known("by", GROUPS), sort: known("sort", SORTS), rows };
      return { ...whole(this.bounds), ...shown, span: range, notice, selected: null, focus: [] };
    },
    write: ({ by, sort, rows }) => ({
      by: by === GROUPS[0] ? null : by,
      sort: sort === SORTS[0] ? null : sort,
      rows: rows ?? null,
    }),
  };
}

// Null where another question has overtaken this one.
async function unlessAborted(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.name === "AbortError") return null;
    throw error;
  }
}
