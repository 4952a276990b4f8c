// Searches, filters and sorts the catalogue within the page.

import { score, words } from "./searching.js";
import { sortCards } from "./sorting.js";

export function startFinder(form, grid) {
  if (!form) return;
  const cards = [...grid.querySelectorAll(".card")].map(describe);
  const found = form.querySelector("[data-found]");
  const refresh = () => showMatches(form, grid, cards, found);
  form.addEventListener("input", refresh);
  form.addEventListener("submit", (event) => event.preventDefault());
  refresh();
}

function describe(element) {
  const { name, price, category, text } = element.dataset;
  return { element, name, price: Number(price), category, words: words(text) };
}

function showMatches(form, grid, cards, found) {
  const { q, category, sort } = Object.fromEntries(new FormData(form));
  const asked = words(q);
  let shown = 0;
  for (const card of cards) {
    const matches = (!category || card.category === category) && (!asked.length || score(card.words, asked) > 0);
    card.element.hidden = !matches;
    shown += matches;
  }
  sortCards(grid, cards, sort);
  found.value = `${shown} product${shown === 1 ? "" : "s"}`;
}
