// The selected exchange is marked in the list and named in the address (`at`), from which the server opens it again.
import { changed, readQuery, writeQuery } from "./canvas/address.js";

function select(id) {
  for (const row of document.querySelectorAll("tr[data-at]")) {
    row.classList.toggle("selected", row.dataset.at === id);
  }
  const field = document.querySelector("input[data-selected]");
  if (field) field.value = id ?? "";
}

document.addEventListener("click", ({ target }) => {
  const row = target.closest("tr[data-at]");
  if (!row || !target.closest("a[hx-get]")) return;
  select(row.dataset.at);
  writeQuery(changed(readQuery(), { at: row.dataset.at }));
});
document.addEventListener("drawer:close", () => {
  select(null);
  writeQuery(changed(readQuery(), { at: null }));
});
document.addEventListener("htmx:afterSettle", () => select(readQuery().get("at")));
select(readQuery().get("at"));
