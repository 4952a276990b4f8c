// A button with aria-controls shows and hides what it names; the state is in aria-expanded, and what is open in a list
// stands in the address (`open`, by the rows' ids), so that a reload opens it again.
// Its content may be fetched by htmx at the first click, so clicks that come before htmx has read the page wait for it.
import { changed, readQuery, writeQuery } from "./canvas/address.js";

const FOLDS = "button[data-fold][aria-controls]";
const MOST = 20; // rows that an address names
const early = new Set();
let ready = document.readyState === "complete";

function remembered() {
  return readQuery().get("open")?.split(",").filter(Boolean).slice(0, MOST) ?? [];
}

function remember(button, open) {
  const id = button.closest("li[id]")?.id;
  if (!id) return;
  const ids = remembered().filter((other) => other !== id);
  if (open) ids.push(id);
  writeQuery(changed(readQuery(), { open: ids.slice(-MOST).join(",") || null }));
}

function reopen() {
  for (const id of remembered()) document.getElementById(id)?.querySelector(`${FOLDS}[aria-expanded=false]`)?.click();
}

document.addEventListener("DOMContentLoaded", () => {
  ready = true;
  for (const button of early) button.click();
  reopen();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(FOLDS);
  if (!button) return;
  if (!ready) return early.add(button);
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
  remember(button, open);
});
