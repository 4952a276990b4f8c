// Everything that is fetched: methods once, tiles as the view needs them, merged trees, searches, fragments.
import { decodeTile, layoutTree } from "./items.js";

const MOST_TILES = 400;
const AT_ONCE = 6;

async function get(url, options = {}) {
  const response = await fetch(url, options);
  if (response.status === 410) location.reload();
  if (!response.ok) throw new Error(`The server answered ${response.status} for ${new URL(response.url).pathname}.`);
  return response;
}

export async function fetchMethods(base) {
  return (await get(`${base}methods/`)).json();
}

export async function fetchTree(base, thread, weight, path) {
  const query = new URLSearchParams({ weight, path: path.join(".") });
  const answer = await (await get(`${base}${thread}/merged/?${query}`)).json();
  const items = layoutTree(answer.nodes);
  const depth = 1 + items.depth.reduce((a, b) => Math.max(a, b), 0);
  return { items, total: answer.total, calls: answer.calls, depth };
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
