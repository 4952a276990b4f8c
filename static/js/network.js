// The selected exchange is marked in the list and named in the address (`at`), from which the server opens it again.
// What the drawer explains may name other exchanges (`data-marks`, message ids): their rows are marked as long as it
// is open.
import { changed, readQuery, writeQuery } from "./canvas/address.js";

function select(id) {
  for (const row of document.querySelectorAll("tr[data-at]")) {
    row.classList.toggle("selected", row.dataset.at === id);
  }
  const field = document.querySelector("input[data-selected]");
  if (field) field.value = id ?? "";
}

function mark() {
  const named = document.querySelector("#inspector [data-marks]")?.dataset.marks ?? "";
  const ids = new Set(named.split(",").filter(Boolean));
  for (const row of document.querySelectorAll("tr[data-at]")) row.classList.toggle("marked", ids.has(row.dataset.at));
}

document.addEventListener("click", ({ target }) => {
  const row = target.closest("tr[data-at]");
  if (!row || !target.closest("a[hx-get]")) return;
  select(row.dataset.at);
  writeQuery(changed(readQuery(), { at: row.dataset.at }));
});
document.addEventListener("drawer:close", () => {
  document.getElementById("inspector").replaceChildren();
  select(null);
  mark();
  writeQuery(changed(readQuery(), { at: null }));
});
document.addEventListener("htmx:afterSettle", () => {
  select(readQuery().get("at"));
  mark();
});
select(readQuery().get("at"));
