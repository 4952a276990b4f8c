// A short message at the edge of the page, also for screen readers; it goes by itself.
const SHOWN = 3000; // ms
let timer = 0;

export function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => toast.replaceChildren(), SHOWN);
}
