// Suggests terms and values while somebody writes a question. The server knows the language: each option brings the
// line that it would make, and the place at which to go on. Places count characters, as Python does.
const line = document.getElementById("q");
const list = document.getElementById("q-options");
const WAIT = 120; // ms without a key
const MOVES = ["ArrowLeft", "ArrowRight", "Home", "End"]; // lead to another term
let asked = 0;
let timer;

const options = () => [...list.children];
const active = () => list.querySelector("[aria-selected=true]");
const characters = (text) => [...text].length;
const units = (text, count) => [...text].slice(0, count).join("").length;

function close() {
  asked += 1;
  clearTimeout(timer);
  list.hidden = true;
  line.setAttribute("aria-expanded", "false");
  line.removeAttribute("aria-activedescendant");
}

async function ask() {
  const number = ++asked;
  const at = characters(line.value.slice(0, line.selectionStart));
  const answer = await fetch(
    `${line.dataset.suggestions}?${new URLSearchParams({ q: line.value, at, to: line.dataset.to })}`,
  );
  const text = answer.ok && !answer.redirected ? await answer.text() : "";
  if (number !== asked || document.activeElement !== line) return;
  list.innerHTML = text;
  if (!options().length) return close();
  list.hidden = false;
  line.setAttribute("aria-expanded", "true");
  line.removeAttribute("aria-activedescendant");
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

function choose(option) {
  active()?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  line.setAttribute("aria-activedescendant", option.id);
}

function walk(step) {
  const all = options();
  const now = all.indexOf(active());
  choose(all[(now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length]);
}

function accept(option) {
  line.value = option.dataset.line;
  const place = units(line.value, Number(option.dataset.caret));
  line.focus();
  line.setSelectionRange(place, place);
  close();
  if (line.value[place - 1] === ":") ask();
}

function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) ask();
    else walk(event.key === "ArrowDown" ? 1 : -1);
  } else if (MOVES.includes(event.key)) close();
  else if (list.hidden) return;
  else if (event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (event.key === "Enter" && active()) {
    event.preventDefault();
    accept(active());
  } else if (event.key === "Enter") close();
}

if (line) {
  line.addEventListener("input", soon);
  line.addEventListener("keydown", onKey);
  line.addEventListener("blur", close);
  line.addEventListener("click", () => {
    if (!list.hidden || !line.value) ask();
  });
  // The line keeps the focus while somebody presses an option.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) accept(option);
  });
  if (line.dataset.wrong) {
    const [place, length] = line.dataset.wrong.split(" ").map(Number);
    line.focus();
    line.setSelectionRange(units(line.value, place), units(line.value, place + length));
  }
}
