// What scrolls sideways can be reached and scrolled by the keyboard, but only while there is something to scroll.
const PARTS = ".table-wrap, pre, .inline-group";

function mark(element) {
  const scrolls = element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible";
  element.toggleAttribute("data-scrolls", scrolls);
  if (scrolls) {
    element.tabIndex = 0;
    element.setAttribute("role", "region");
    element.setAttribute("aria-label", nameOf(element));
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) element.removeAttribute(name);
  }
}

function nameOf(element) {
  const heading = element.closest("section, main")?.querySelector("h2, h1")?.textContent.trim();
  return heading ? `${heading}, scrolls sideways` : "Scrolls sideways";
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) mark(target.closest(PARTS) ?? target);
});

function watch(within) {
  for (const element of within.querySelectorAll(PARTS)) {
    sizes.observe(element);
    for (const child of element.children) sizes.observe(child);
  }
}

watch(document);
document.addEventListener("htmx:load", ({ detail }) => watch(detail.elt.parentElement ?? document));
