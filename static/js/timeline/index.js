// Starts every timeline of the page, also those that arrive later in a fragment.
import { Timeline } from "./timeline.js";

function start(within) {
  for (const root of within.querySelectorAll("[data-timeline]:not([data-started])")) {
    root.dataset.started = "";
    new Timeline(root);
  }
}

start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
