// Keys of every page: ? lists them, / searches, g + letter goes places, j and k walk a list's rows.
let going = 0;

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

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (performance.now() - going < 1200) {
    going = 0;
    return go(event.key);
  }
  if (event.key === "?") document.getElementById("keys").showModal();
  else if (event.key === "/") {
    const search = document.querySelector("main input[type=search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
  } else if (event.key === "g") going = performance.now();
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
});
