// Starts every timeline of the page, also those that arrive later in a fragment.
import { carryRange, readQuery } from "../canvas/address.js";
import { Timeline } from "./timeline.js";

const WAITING = "[data-timeline]:not([data-started])";

function start(within) {
  for (const root of [within, ...within.querySelectorAll(WAITING)]) {
    if (!root.matches?.(WAITING)) continue;
    root.dataset.started = "";
    new Timeline(root);
  }
}

// What arrives in a fragment leads to the range that is shown.
document.addEventListener("htmx:afterSettle", () => carryRange(readQuery()));
start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
