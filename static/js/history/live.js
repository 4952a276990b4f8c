// Asks for what is new twice a second while somebody can see the list; keeps the list within its limit. What arrives
// waits in #waiting while it would move what somebody reads, or while the list is paused, and is counted on a button.
const list = document.querySelector("[data-live]");
const EVERY = 500;
const NEAR_TOP = 80; // px that a page may be scrolled and still shows its first rows

if (list) {
  const pause = document.querySelector("[data-live-pause]");
  const name = pause.querySelector("[data-live-name]");
  const fresh = document.querySelector("[data-live-new]");
  const state = document.getElementById("live-state");
  const waiting = document.getElementById("waiting");
  const limit = Number(list.dataset.limit);
  let paused = false;
  let asking = false;

  function show() {
    const count = waiting.querySelectorAll(":scope > .change").length;
    const words = `${count < limit ? count : `${limit}+`} new`;
    name.textContent = paused ? `Resume${count ? ` (${words})` : ""}` : "Pause";
    fresh.textContent = words;
    fresh.hidden = paused || !count;
  }

  // Whether nobody reads the list, or points at it, where rows would move.
  function free() {
    const used = list.matches(":hover") || list.contains(document.activeElement);
    return !paused && window.scrollY < NEAR_TOP && !used && !list.querySelector("[aria-expanded=true]");
  }

  function take() {
    list.prepend(...waiting.children);
    trim(list);
    if (list.querySelector(":scope > .change")) document.getElementById("no-changes")?.remove();
    show();
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    state.textContent = paused ? "Paused" : "Live";
    state.classList.toggle("paused", paused);
    if (paused) show();
    else take();
  });
  fresh.addEventListener("click", () => {
    take();
    window.scrollTo({ top: 0 });
  });

  function trim(rows) {
    const changes = rows.querySelectorAll(":scope > .change");
    for (let i = limit; i < changes.length; i++) changes[i].remove();
  }

  setInterval(() => {
    if (document.hidden) return;
    if (waiting.children.length && free()) take();
    if (asking) return;
    asking = true;
    htmx.trigger(list, "statetrace:poll");
  }, EVERY);

  list.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== list) return;
    asking = false;
    if (!paused) state.textContent = event.detail.successful ? "Live" : "Not reached; trying again";
    state.classList.toggle("failing", !event.detail.successful);
  });
  // What went wrong while polling is told beside the heading, not put on top of the list.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === waiting && event.detail.isError) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== waiting) return;
    trim(waiting);
    if (free()) take();
    else show();
  });
}
