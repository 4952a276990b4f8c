// Starts the flame graph of the page, also one that htmx brings in once its blocks are built.
import { Flame } from "./flame.js";

function start() {
  for (const root of document.querySelectorAll("[data-flame]:not([data-started])")) {
    root.dataset.started = "";
    new Flame(root);
  }
}

document.addEventListener("htmx:afterSettle", start);
start();
