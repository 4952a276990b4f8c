// Asks for new changes twice a second while somebody can see them; keeps the list within its limit.
const list = document.querySelector("[data-live]");
const EVERY = 500;

if (list) {
  const pause = document.querySelector("[data-live-pause]");
  const state = document.getElementById("live-state");
  const paused = () => pause.getAttribute("aria-pressed") === "true";
  let asking = false;

  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(!paused()));
    state.textContent = paused() ? "Paused" : "Live";
    state.classList.toggle("paused", paused());
  });

  setInterval(() => {
    if (document.hidden || paused() || asking) return;
    asking = true;
    htmx.trigger(list, "statetrace:poll");
  }, EVERY);

  list.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== list) return;
    asking = false;
    if (!paused()) state.textContent = event.detail.successful ? "Live" : "Not reached; trying again";
    state.classList.toggle("failing", !event.detail.successful);
  });
  // What went wrong while polling is told beside the heading, not put on top of the list.
  list.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target === list && event.detail.isError) event.detail.shouldSwap = false;
  });
  list.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== list) return;
    document.getElementById("no-changes")?.remove();
    const rows = list.querySelectorAll(":scope > .change");
    for (let i = Number(list.dataset.limit); i < rows.length; i++) rows[i].remove();
  });
}
