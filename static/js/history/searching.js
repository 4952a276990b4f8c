// A search that goes on by itself is stopped; what it found stays, and its link goes on from there.
document.addEventListener("click", ({ target }) => {
  const stop = target.closest("[data-stop]");
  if (!stop) return;
  const link = stop.closest("li").querySelector("[data-goes-on]");
  htmx.trigger(link, "htmx:abort");
  stop.remove();
  link.focus();
});
