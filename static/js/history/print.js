// [data-print] unfolds what the page lists, waits until it is there, and prints. Other ways to print unfold what needs
// no request.
import { say } from "../toast.js";

const PENDING = "main .htmx-request, main .nested:not([hidden]) .skeleton";
const PATIENCE = 30_000; // ms until it is printed as it is

function unfold() {
  for (const part of document.querySelectorAll("main details.extra")) part.open = true;
  for (const button of document.querySelectorAll("main button[data-fold][aria-expanded=false]")) button.click();
}

function whenThere(done, deadline = performance.now() + PATIENCE) {
  if (!document.querySelector(PENDING)) return done();
  if (performance.now() > deadline) {
    say("Not everything could be unfolded");
    return done();
  }
  setTimeout(whenThere, 100, done, deadline);
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-print]")) return;
  unfold();
  whenThere(() => window.print());
});

window.addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("main details.extra")) part.open = true;
});
