// A value of the list that is clicked can be asked for alone or left out: [data-terms] holds [label, term] of each, as
// JSON. What else is asked stays. By keyboard the same links stand in an unfolded row.
const line = document.getElementById("q");
const PLACES = ["cursor", "open", "only", "without", "filters"]; // of the address, which begin anew

function address(how, term) {
  const query = new URLSearchParams(location.search);
  for (const name of PLACES) query.delete(name);
  query.set(how, term);
  return `${location.pathname}?${query}`;
}

function link(how, term, label) {
  const made = document.createElement("a");
  made.className = "button quiet";
  made.href = address(how, term);
  made.textContent = how === "only" ? "Only" : "Without";
  made.setAttribute("aria-label", `${made.textContent} ${label}`);
  return made;
}

function menuOf(pairs) {
  const menu = document.createElement("div");
  menu.className = "narrow-menu";
  menu.popover = "auto";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", "Narrow the list");
  for (const [label, term] of pairs) {
    const name = document.createElement("bdi");
    name.className = "mono truncate";
    name.textContent = label;
    menu.append(name, link("only", term, label), link("without", term, label));
  }
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "closed") menu.remove();
  });
  return menu;
}

function show(target, { clientX, clientY }) {
  const pairs = JSON.parse(target.dataset.terms);
  if (!pairs.length) return;
  const menu = menuOf(pairs);
  target.after(menu);
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(clientX, innerWidth - width - 4))}px`;
  menu.style.top = `${Math.max(4, clientY + height + 8 > innerHeight ? clientY - height - 8 : clientY + 8)}px`;
  menu.querySelector("a").focus({ preventScroll: true });
}

if (line) {
  document.addEventListener("click", (event) => {
    const narrowing = event.target.closest("a[data-narrow]");
    if (narrowing && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      location.assign(address(narrowing.dataset.narrow, narrowing.dataset.term));
      return;
    }
    const value = event.target.closest("[data-terms]");
    if (value && getSelection().isCollapsed) show(value, event);
  });
}
