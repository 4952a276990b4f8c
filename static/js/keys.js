// Keys of every page: ? lists them, / searches, g + letter goes places, j and k walk a list's rows.
let going = Number.NEGATIVE_INFINITY; // when g was pressed

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]");
}

function walk(step) {
  const links = [...document.querySelectorAll("main [data-row], main .table tbody a:first-of-type")].filter(
    (a) => a.offsetParent,
  );
  const rows = [...new Set(links.map((a) => a.closest("tr") ?? a))].map((row) =>
    row.matches("a, button") ? row : row.querySelector("a, button"),
  );
  const now = rows.findIndex((a) => a === document.activeElement || a.closest("tr")?.contains(document.activeElement));
  rows[Math.min(rows.length - 1, Math.max(0, now + step))]?.focus();
}

function go(key) {
  const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  if (place) place.click();
}

// The keys of this page alone: what a line needs may not be there.
function list() {
  const dialog = document.getElementById("keys");
  for (const line of dialog.querySelectorAll("[data-needs]")) line.hidden = !document.querySelector(line.dataset.needs);
  dialog.showModal();
}

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-keys]")) list();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (performance.now() - going < 1200) {
    going = Number.NEGATIVE_INFINITY;
    return go(event.key);
  }
  if (event.key === "?") list();
  else if (event.key === "/") {
    const search = document.querySelector("main :is([data-search], input[type=search])");
    if (!search) return;
    event.preventDefault();
    search.focus();
  } else if (event.key === "g") going = performance.now();
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
});
