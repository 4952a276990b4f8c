// A button with aria-controls shows and hides what it names; the state is in aria-expanded.
// Its content may be fetched by htmx at the first click, so clicks that come before htmx has read the page wait for it.
const early = new Set();
let ready = document.readyState === "complete";

document.addEventListener("DOMContentLoaded", () => {
  ready = true;
  for (const button of early) button.click();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-fold][aria-controls]");
  if (!button) return;
  if (!ready) return early.add(button);
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
});
