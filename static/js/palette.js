// Ctrl-K (⌘K) opens a palette that leads everywhere: fragments of the server, and what was opened last in this browser.
import { forgetAll, recent, remember } from "./recent.js";

const WAIT = 120; // ms without a letter before the server is asked
const MOST_RECENT = 8;
const MOST_RECENT_FOUND = 3;
const palette = document.getElementById("palette");
if (palette) start();
else if (document.querySelector("[type=password]")) forgetAll(); // who signs in is not to see what others opened

function start() {
  const text = document.getElementById("palette-text");
  const list = document.getElementById("palette-list");
  const status = document.getElementById("palette-status");
  const viewer = palette.dataset.viewer;
  const mac = /Mac|iPhone|iPad/.test(navigator.platform);
  let asked = null; // the requests under way
  let timer = 0;

  for (const key of document.querySelectorAll("[data-palette-key]")) key.textContent = mac ? "⌘K" : "Ctrl K";
  remember(viewer, document);

  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) text.setAttribute("aria-activedescendant", option.id);
    else text.removeAttribute("aria-activedescendant");
  }

  function step(by) {
    const all = options();
    const place = all.indexOf(chosen());
    choose(all[(place + by + all.length) % all.length]);
  }

  // Numbers the options, leaves out commands that this page does not have, and says how much there is.
  // complete: whether nothing more is under way.
  function settle(complete) {
    for (const option of options()) if (!possible(option.dataset.press)) option.remove();
    for (const group of list.querySelectorAll(".group")) if (!group.querySelector("[role=option]")) group.remove();
    const all = options();
    all.forEach((option, number) => {
      option.id = `palette-${number}`;
    });
    choose(chosen() ?? all[0]);
    if (complete && !all.length) list.append(line("Nothing found."));
    if (complete) status.textContent = all.length === 1 ? "1 result" : `${all.length} results`;
  }

  function line(words) {
    const part = document.createElement("p");
    part.className = "nothing";
    part.textContent = words;
    return part;
  }

  function recents(letters) {
    const words = letters.toLowerCase().split(/\s+/).filter(Boolean);
    const known = recent(viewer).filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    const shown = known.slice(0, words.length ? MOST_RECENT_FOUND : MOST_RECENT);
    if (!shown.length) return [];
    const group = document.createElement("div");
    group.className = "group";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Recent");
    const title = document.createElement("span");
    title.className = "title";
    title.setAttribute("aria-hidden", "true");
    title.textContent = "Recent";
    group.append(title, ...shown.map(entry));
    return [group];
  }

  function entry({ href, name, kind }) {
    const option = document.createElement("a");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
    option.href = href;
    const [first, second] = [name, kind].map((words, place) => {
      const part = document.createElement("bdi");
      part.className = place ? "hint" : "name";
      part.textContent = words;
      return part;
    });
    option.append(first, second);
    return option;
  }

  async function fragment(address, letters, signal) {
    const response = await fetch(`${address}?${new URLSearchParams({ q: letters })}`, { signal });
    if (response.redirected || !response.ok) throw new Error(`${response.status}`); // signed out meanwhile, for one
    return response.text();
  }

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const letters = text.value.trim();
    try {
      const [own, captured] = [palette.dataset.address, palette.dataset.captured].map((address) =>
        fragment(address, letters, signal),
      );
      captured.catch(() => {}); // it is looked at below
      const found = await own;
      if (signal.aborted) return;
      list.replaceChildren(...recents(letters));
      list.insertAdjacentHTML("beforeend", found);
      list.scrollTop = 0;
      settle(false);
      const more = await captured.catch(() => "");
      if (signal.aborted) return;
      list.insertAdjacentHTML("beforeend", more);
      settle(true);
    } catch {
      if (signal.aborted) return;
      list.replaceChildren(...recents(letters), line("The server was not reached."));
      settle(false);
    }
  }

  function open() {
    for (const other of document.querySelectorAll("dialog[open]")) other.close();
    palette.showModal();
    text.value = "";
    list.replaceChildren(...recents(""));
    settle(false);
    text.focus();
    ask();
  }

  function take(option, apart) {
    const { press } = option.dataset;
    if (!press) {
      if (apart) window.open(option.href, "_blank", "noopener");
      else location.assign(option.href);
      if (apart || option.pathname === location.pathname) palette.close();
      return;
    }
    palette.close();
    if (!press.startsWith("theme=")) return document.querySelector(press).click();
    const theme = document.querySelector("[data-theme-choice]");
    theme.value = press.slice("theme=".length);
    theme.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener(
    "keydown",
    (event) => {
      const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!wanted || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      event.stopPropagation();
      if (palette.open) palette.close();
      else open();
    },
    true,
  );
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-palette-open]")) open();
    else if (target === palette) palette.close(); // its backdrop
  });
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  text.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter" && chosen()) take(chosen(), event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointermove", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option && option !== chosen()) choose(option);
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option || (!option.dataset.press && (event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    take(option, false);
  });
}

function possible(press) {
  return !press || press.startsWith("theme=") || document.querySelector(press);
}
