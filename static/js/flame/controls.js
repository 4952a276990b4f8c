// The bar above the picture: threads, order, weight, search, zoom, the path in focus, and what the shades mean.
const LEGEND = {
  "time-wall": "Colour: package. Striped: calls too short to draw, merged; as high as they fill their time.",
  "time-cpu": "Colour: package, paler where the call was off the CPU. Striped: merged calls.",
  "heavy-wall": "Same paths merged, heaviest left. Double-click or Enter looks at a call by itself.",
  "heavy-cpu": "Same paths merged by CPU time, heaviest left. Double-click or Enter looks at a call by itself.",
};

export function bindControls(flame) {
  const { root, config } = flame;
  const bar = root.querySelector("[data-flame-bar]");
  const whole = { from: 0, to: config.extent, scroll: 0, selected: null };
  bar.addEventListener("submit", (event) => event.preventDefault());
  bar.addEventListener("change", (event) => {
    if (event.target.name === "thread") flame.change({ ...whole, thread: Number(event.target.value), focus: [] });
  });
  bar.addEventListener("input", (event) => {
    if (event.target.name === "q") flame.change({ query: event.target.value });
  });
  bar.addEventListener("keydown", (event) => {
    if (event.target.name !== "q" || !["Enter", "Escape"].includes(event.key)) return;
    if (event.key === "Escape") flame.change({ query: "" });
    flame.canvas.focus({ preventScroll: true });
  });
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.name === "mode" && button.value !== flame.state.mode) flame.change({ ...whole, mode: button.value, focus: [] });
    if (button?.name === "weight") flame.change({ weight: button.value });
    if (button?.name === "zoom") zoom(flame, button.value);
  });
  root.addEventListener("click", (event) => {
    const go = event.target.closest("[data-flame-go]");
    if (go) flame.selectAt(Number(go.dataset.depth), Number(go.dataset.at), true);
    const focus = event.target.closest("[data-focus-length]");
    if (focus) flame.change({ focus: flame.state.focus.slice(0, Number(focus.dataset.focusLength)), selected: null });
  });
}

function zoom(flame, value) {
  const actions = flame.actions();
  if (value === "all") actions.home();
  else actions.zoom(value === "in" ? 0.5 : 2);
}

export function showControls(flame) {
  const { root, state } = flame;
  for (const button of root.querySelectorAll("button[name=mode], button[name=weight]")) {
    button.setAttribute("aria-pressed", String(state[button.name] === button.value));
  }
  root.querySelector("select[name=thread]").value = String(state.thread);
  const search = root.querySelector("input[name=q]");
  if (search.value !== state.query) search.value = state.query;
  root.querySelector("[data-flame-legend]").textContent = LEGEND[`${state.mode}-${state.weight}`];
  showFocus(flame);
}

function showFocus({ root, state, picture }) {
  const nav = root.querySelector("[data-flame-focus]");
  nav.hidden = state.mode !== "heavy" || !state.focus.length;
  if (nav.hidden || nav.dataset.shown === `${state.focus}${Boolean(picture.methods)}`) return;
  nav.dataset.shown = `${state.focus}${Boolean(picture.methods)}`;
  const names = ["Whole thread", ...state.focus.map((method) => picture.methods?.names[method] ?? "…")];
  nav.replaceChildren(
    ...names.map((name, length) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "button quiet", textContent: name });
      button.dataset.focusLength = length;
      return button;
    }),
  );
}
