// Keeps the slider of a record's moments in step with the row beside it, and says its moment to screen readers.
const slider = document.querySelector("[data-moments]");

function follow() {
  const shown = document.getElementById("row-then");
  if (!slider || !shown) return;
  slider.value = shown.dataset.place;
  slider.setAttribute("aria-valuetext", shown.dataset.moment);
}

document.addEventListener("htmx:afterSwap", follow);
follow();
