// A button with aria-controls shows and hides what it names; the state is in aria-expanded.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-fold][aria-controls]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
});
