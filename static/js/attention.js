// Keeps what needs attention current while somebody can see the page: the counts in the rail, the tab's title, and the
// [data-current] parts of the first page, unless somebody is using them.
const EVERY = 15_000;
const MARK = /^\(\d+\+?\) /;
const badges = document.querySelector("[data-attention-badges]");
const parts = [...document.querySelectorAll("[data-current]")];

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
    for (const part of parts) if (!used(part)) htmx.trigger(part, "statetrace:poll");
  }, EVERY);
  badges.addEventListener("htmx:afterRequest", retitle);
  // A look that failed changes nothing: the next one tells.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, isError } = event.detail;
    if (isError && (elt === badges || parts.includes(elt))) event.detail.shouldSwap = false;
  });
}
