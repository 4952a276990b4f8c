// Starts every timeline of the page, also those that arrive later in a fragment.
import { carryRange, readQuery } from "../canvas/address.js";
import { Timeline } from "./timeline.js";

function start(within) {
  for (const root of within.querySelectorAll("[data-timeline]:not([data-started])")) {
    root.dataset.started = "";
    new Timeline(root);
  }
}

// What arrives in a fragment leads to the range that is shown.
document.addEventListener("htmx:afterSettle", () => carryRange(readQuery()));
start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
