// A [data-drawer] opens when htmx puts something into it and closes by its button or Escape; the focus goes back then.
// It tells the document by `drawer:open` and `drawer:close`.
const drawer = document.querySelector("[data-drawer]");
let before = null;

function tell(name) {
  document.dispatchEvent(new CustomEvent(name, { detail: { drawer } }));
}

function open() {
  if (drawer.hidden) before = document.activeElement;
  drawer.hidden = false;
  tell("drawer:open");
}

function close() {
  if (!drawer || drawer.hidden) return;
  const within = drawer.contains(document.activeElement);
  drawer.hidden = true;
  if (within) before?.focus({ preventScroll: true });
  tell("drawer:close");
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (!drawer?.contains(event.target)) return;
  if (event.target.matches(".inspector")) drawer.scrollTop = 0; // a part that comes later moves nothing
  open();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-drawer-close]")) close();
});
// In the capturing phase, since the timeline keeps its keys to itself.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
  },
  true,
);
