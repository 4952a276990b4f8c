// Everything that is fetched: methods once, tiles as the view needs them, merged trees, searches, fragments.
import { decodeTile, layoutTree } from "./items.js";

const MOST_TILES = 400;
const AT_ONCE = 6;

export async function get(url, options = {}) {
  const response = await fetch(url, options);
  if (response.status === 410) location.reload();
  if (!response.ok) throw new Error(`The server answered ${response.status} for ${new URL(response.url).pathname}.`);
  return response;
}

export async function fetchMethods(base) {
  return (await get(`${base}methods/`)).json();
}

export async function fetchTree(base, thread, query) {
  const answer = await (await get(`${base}${thread}/merged/?${query}`)).json();
  const items = layoutTree(answer.nodes);
  return { items, total: answer.total, calls: answer.calls, depth: 1 + deepest(items) };
}

// Callers stand above the method, the nearest lowest, and callees below it.
export async function fetchSandwich(base, thread, query) {
  const { method, calls, callers, callees } = await (await get(`${base}${thread}/sandwich/?${query}`)).json();
  const [above, items] = [layoutTree(callers.nodes), layoutTree(callees.nodes)];
  const middle = deepest(above);
  above.depth = above.depth.map((depth) => middle - depth);
  items.depth = items.depth.map((depth) => middle + depth);
  above.depth[0] = -1; // the method itself, which the other tree draws
  return { method, calls, above, items, middle, total: callees.total, depth: 1 + deepest(items) };
}

function deepest({ depth }) {
  return depth.reduce((a, b) => Math.max(a, b), 0);
}

export async function fetchTable(base, thread, query, signal) {
  return (await get(`${base}${thread}/table/?${query}`, { signal, headers: { "HX-Request": "true" } })).text();
}

// The next call of a match, or the one before: {depth, at}, or null where nothing matches.
export async function fetchMatch(base, thread, query) {
  return (await get(`${base}${thread}/match/?${query}`)).json();
}

export async function fetchMatches(base, thread, text, signal) {
  return (await get(`${base}${thread}/search/?${new URLSearchParams({ q: text })}`, { signal })).json();
}

export async function fetchCall(base, thread, depth, at, signal) {
  const query = new URLSearchParams({ depth, at });
  return (await get(`${base}${thread}/call/?${query}`, { signal, headers: { "HX-Request": "true" } })).text();
}

// Tiles by "thread/level/index", the least recently used forgotten. `wanted` names what the last frame missed:
// only that is fetched, a few at a time, so that fast zooming leaves no queue behind.
export class Tiles {
  constructor(base, onLoad, onError) {
    Object.assign(this, { base, onLoad, onError });
    this.tiles = new Map();
    this.loading = new Set();
    this.wanted = [];
  }

  get(thread, level, index) {
    const key = `${thread}/${level}/${index}`;
    const tile = this.tiles.get(key);
    if (tile) {
      this.tiles.delete(key);
      this.tiles.set(key, tile);
    }
    return tile;
  }

  // tiles: [[level, index], …], the most wanted first
  want(thread, tiles) {
    const keys = tiles.map(([level, index]) => `${thread}/${level}/${index}`);
    this.wanted = [...new Set(keys)].filter((key) => !this.tiles.has(key) && !this.loading.has(key));
    this.#next();
  }

  #next() {
    while (this.wanted.length && this.loading.size < AT_ONCE) this.#load(this.wanted.shift());
  }

  async #load(key) {
    const [thread, level, index] = key.split("/");
    this.loading.add(key);
    try {
      const response = await get(`${this.base}${thread}/tile/${level}/${index}/`);
      this.tiles.set(key, decodeTile(await response.arrayBuffer()));
      if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
      this.onLoad();
    } catch (error) {
      this.onError(error);
    } finally {
      this.loading.delete(key);
      this.#next();
    }
  }
}
