// Has each [data-poll] element, whose value is in seconds, asked anew while somebody can see the page, and at once when
// somebody sees it again.
const LOOK = 500;
const asked = new WeakMap();

setInterval(() => {
  if (document.hidden) return;
  const now = performance.now();
  for (const element of document.querySelectorAll("[data-poll]")) {
    if (!asked.has(element)) asked.set(element, now);
    if (now - asked.get(element) < 1000 * element.dataset.poll) continue;
    asked.set(element, now);
    htmx.trigger(element, "statetrace:poll");
  }
}, LOOK);
