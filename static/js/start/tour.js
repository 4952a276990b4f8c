// Escape leaves the tour, unless it closes something else or somebody writes.
const CLOSED_FIRST = "dialog[open], [data-drawer]:not([hidden]), :popover-open";
const WRITES = "input, textarea, select, [contenteditable], canvas";
let closes = false;

// Before whatever is open has closed itself.
window.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape") closes = document.querySelector(CLOSED_FIRST) !== null;
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || closes || event.defaultPrevented || event.target.closest(WRITES)) return;
  document.querySelector("[data-tour-leave]")?.requestSubmit();
});
