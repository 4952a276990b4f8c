// The admin site: names for what Django's templates leave without one, and one theme with the other pages.
import { keepTheme } from "./theme.js";
import "./scroll.js";

// Fields of rows that have no label of their own are called as their column is.
function nameFields() {
  for (const field of document.querySelectorAll(".tabular td :is(input:not([type=hidden]), select, textarea)")) {
    if (field.labels?.length || field.hasAttribute("aria-label")) continue;
    const cell = field.closest("td");
    const column = field.closest("table").rows[0].cells[cell.cellIndex];
    field.setAttribute("aria-label", column?.textContent.trim() || "Delete");
  }
}

function nameColumns() {
  for (const head of document.querySelectorAll("thead th")) {
    if (head.textContent.trim()) continue;
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = head.classList.contains("original") ? "Row" : "Actions";
    head.append(name);
  }
}

function nameHelp() {
  for (const help of document.querySelectorAll(".help-tooltip[aria-label]")) help.setAttribute("role", "img");
}

addEventListener("load", () => {
  nameFields();
  nameColumns();
  nameHelp();
});
document.addEventListener("formset:added", nameFields);
document.addEventListener("click", ({ target }) => {
  if (target.closest(".theme-toggle")) keepTheme(localStorage.getItem("theme") ?? "auto");
});
