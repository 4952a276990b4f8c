// The selected call on both sides.
export class DiffInspector {
  constructor(element, live) {
    Object.assign(this, { element, live, empty: element.cloneNode(true) });
  }

  // about: what DiffTree.about tells, or null
  show(about) {
    if (!about) return this.element.replaceChildren(...this.empty.cloneNode(true).childNodes);
    const { name, packageName, kind, rows, stack } = about;
    const subtitle = made("p", packageName);
    subtitle.className = "muted flame-package";
    this.element.replaceChildren(made("h2", name), subtitle, copyOf(stack), table(rows));
    if (kind)
      subtitle.after(
        made("p", kind === "gone" ? "Gone: only the base calls it here." : "New: the base never calls it here."),
      );
    this.live.textContent = [name, kind, ...rows.map((row) => row.join(" "))].filter(Boolean).join(", ");
  }
}

function copyOf(stack) {
  const bar = made("div", "");
  bar.className = "flame-actions";
  const button = made("button", "Copy stack");
  Object.assign(button, { type: "button", className: "button" });
  button.dataset.copy = "flame-stack";
  const lines = made("pre", stack.join("\n"));
  Object.assign(lines, { id: "flame-stack", hidden: true });
  bar.append(button, lines);
  return bar;
}

function table(rows) {
  const element = made("table", "");
  element.className = "table";
  const head = made("tr", "");
  head.append(...["", "Base", "New", "Change"].map((text) => cell("th", text)));
  element.createTHead().append(head);
  const body = element.createTBody();
  for (const [what, ...values] of rows) {
    const row = body.insertRow();
    row.append(made("td", what), ...values.map((text) => cell("td", text)));
  }
  return element;
}

function cell(tag, text) {
  const element = made(tag, text);
  element.className = "number";
  return element;
}

function made(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
