// Keeps what needs attention current while somebody can see the page: the counts in the rail, the tab's title, and the
// strip of the first page, unless somebody is using it.
const EVERY = 15_000;
const MARK = /^\(\d+\+?\) /;
const badges = document.querySelector("[data-attention-badges]");
const strip = document.querySelector("[data-attention-strip]");

function used(element) {
  return element.matches(":hover") || element.contains(document.activeElement);
}

function retitle() {
  const { count } = document.getElementById("attention-count").dataset;
  const title = document.title.replace(MARK, "");
  document.title = count ? `(${count}) ${title}` : title;
}

if (badges) {
  setInterval(() => {
    if (document.hidden) return;
    htmx.trigger(badges, "statetrace:poll");
    if (strip && !used(strip)) htmx.trigger(strip, "statetrace:poll");
  }, EVERY);
  badges.addEventListener("htmx:afterRequest", retitle);
  // A look that failed changes nothing: the next one tells.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, isError } = event.detail;
    if (isError && (elt === badges || elt === strip)) event.detail.shouldSwap = false;
  });
}
