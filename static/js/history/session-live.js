// Asks what a session under way has done, while somebody can see its page. New actions come below the others, which
// moves none of them; while the end of the list is out of sight they wait in #waiting, and a button counts them.
const waiting = document.querySelector("[data-session-live]");
const EVERY = 1000;

if (waiting) {
  const list = document.getElementById("actions");
  const fresh = document.querySelector("[data-live-new]");
  const state = document.getElementById("live-state");
  const inspector = document.getElementById("inspector");
  let asking = false;

  const rows = () => [...waiting.querySelectorAll(":scope > [data-at]")];
  const further = () => list.querySelector(":scope > .older a");

  // Whether the list's end is there and in sight, and nothing that somebody reads stands below it.
  function free() {
    const end = list.getBoundingClientRect().bottom;
    const below = inspector.childElementCount && inspector.getBoundingClientRect().top >= end;
    return !further() && end > 0 && end <= window.innerHeight && !below;
  }

  function show() {
    const count = rows().length;
    fresh.textContent = `${count} new`;
    fresh.hidden = !count;
  }

  // Later pages may have brought some of them.
  function drop() {
    for (const row of rows()) if (list.querySelector(`#${CSS.escape(row.id)}`)) row.remove();
    show();
  }

  function take() {
    rows().forEach(place);
    document.getElementById("no-action")?.remove();
    document.querySelector("[data-live-redraw]").hidden = false;
    show();
  }

  // An action may be told of late, and stands at its time then.
  function place(row) {
    const at = Date.parse(row.dataset.at);
    const before = [...list.querySelectorAll(":scope > [data-at]")].findLast((one) => Date.parse(one.dataset.at) <= at);
    if (before) before.after(row);
    else list.prepend(row);
  }

  fresh.addEventListener("click", () => {
    const [first] = rows();
    if (!further()) take();
    (further() ?? first)?.scrollIntoView({ block: "center" });
    further()?.focus();
  });

  setInterval(() => {
    if (document.hidden) return;
    drop();
    if (rows().length && free()) take();
    if (asking) return;
    asking = true;
    htmx.trigger(waiting, "statetrace:poll");
  }, EVERY);

  waiting.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== waiting) return;
    asking = false;
    state.textContent = event.detail.successful ? "Live" : "Not reached; trying again";
    state.classList.toggle("failing", !event.detail.successful);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === waiting && event.detail.isError) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== waiting) return;
    drop();
    if (rows().length && free()) take();
  });
}
