// What is looked at, kept in the page's address, so that a moment can be shared and found again.
// `thread` is a number within the blocks; the address names it by the replica's ids, which outlive them.
const URL_DELAY = 200;
const JUMPS = ["thread", "mode", "focus"];

export function createState(config, threads) {
  const listeners = new Set();
  const state = { ...initial(config), ...read(config, threads) };
  let timer = 0;

  // A jump is a step of its own in the browser's history, moving about is not.
  function change(patch) {
    clearTimeout(timer);
    const jump = JUMPS.some((key) => key in patch && String(patch[key]) !== String(state[key]));
    if (jump) write(state, config, threads);
    Object.assign(state, patch);
    if (jump) write(state, config, threads, "pushState");
    for (const listener of listeners) listener(patch, false);
    timer = setTimeout(() => write(state, config, threads), URL_DELAY);
  }

  function restore() {
    clearTimeout(timer);
    const patch = { ...initial(config), ...read(config, threads) };
    Object.assign(state, patch);
    for (const listener of listeners) listener(patch, true);
  }

  return { state, change, restore, listen: (listener) => listeners.add(listener) };
}

function initial(config) {
  return { thread: 0, mode: "time", weight: "wall", from: 0, to: config.extent, scroll: 0, selected: null, query: "", focus: [] };
}

function read(config, threads) {
  const query = new URLSearchParams(location.search);
  const found = threads.find((thread) => thread.process === query.get("process") && thread.id === query.get("thread")) ?? threads[0];
  const patch = { thread: found?.number ?? 0, query: query.get("q") ?? "" };
  if (query.get("mode") === "heavy") patch.mode = "heavy";
  if (query.get("weight") === "cpu" && config.cpu) patch.weight = "cpu";
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  if (to > from && from >= 0) Object.assign(patch, { from, to });
  patch.scroll = Math.max(0, Number(query.get("scroll")) || 0);
  patch.focus = (query.get("focus") ?? "").split(".").filter((part) => /^\d+$/.test(part)).map(Number);
  const [depth, at] = (query.get("call") ?? "").split(":").map(Number);
  if (query.has("call") && depth >= 0 && at >= 0) patch.selected = { depth, at, duration: null };
  return patch;
}

function write(state, config, threads, how = "replaceState") {
  const query = new URLSearchParams();
  const thread = threads.find((candidate) => candidate.number === state.thread);
  if (thread && thread !== threads[0]) {
    query.set("process", thread.process);
    query.set("thread", thread.id);
  }
  if (state.mode !== "time") query.set("mode", state.mode);
  if (state.weight !== "wall") query.set("weight", state.weight);
  if (state.from > 0 || state.to < config.extent || state.mode === "heavy") {
    query.set("from", Number(state.from.toFixed(2)));
    query.set("to", Number(state.to.toFixed(2)));
  }
  if (state.scroll > 0) query.set("scroll", Math.round(state.scroll));
  if (state.selected) query.set("call", `${state.selected.depth}:${state.selected.at}`);
  if (state.query) query.set("q", state.query);
  if (state.focus.length) query.set("focus", state.focus.join("."));
  const text = query.toString();
  history[how](history.state, "", text ? `?${text}` : location.pathname);
}
