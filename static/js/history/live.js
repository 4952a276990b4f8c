// Asks for new changes twice a second while somebody can see them; keeps the list within its limit. While the list is
// paused, what arrives waits in #waiting and is counted on the button.
const list = document.querySelector("[data-live]");
const EVERY = 500;

if (list) {
  const pause = document.querySelector("[data-live-pause]");
  const name = pause.querySelector("[data-live-name]");
  const state = document.getElementById("live-state");
  const waiting = document.getElementById("waiting");
  const limit = Number(list.dataset.limit);
  let paused = false;
  let asking = false;

  const show = () => {
    const count = waiting.querySelectorAll(":scope > .change").length;
    name.textContent = paused ? `Resume${count ? ` (${count < limit ? count : `${limit}+`} new)` : ""}` : "Pause";
  };

  pause.addEventListener("click", () => {
    paused = !paused;
    state.textContent = paused ? "Paused" : "Live";
    state.classList.toggle("paused", paused);
    list.setAttribute("hx-target", paused ? "#waiting" : "this");
    if (!paused) {
      list.prepend(...waiting.children);
      trim(list);
      if (list.querySelector(":scope > .change")) document.getElementById("no-changes")?.remove();
    }
    show();
  });

  function trim(rows) {
    const changes = rows.querySelectorAll(":scope > .change");
    for (let i = limit; i < changes.length; i++) changes[i].remove();
  }

  setInterval(() => {
    if (document.hidden || asking) return;
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
    if ([list, waiting].includes(event.detail.target) && event.detail.isError) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (![list, waiting].includes(event.detail.target)) return;
    trim(event.detail.target);
    if (list.querySelector(":scope > .change")) document.getElementById("no-changes")?.remove();
    show();
  });
}
