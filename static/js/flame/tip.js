// What the pointer is on, beside the pointer.
import { calls, duration, share } from "./format.js";
import { OTHER } from "./items.js";

export function describe(box, methods, whole) {
  const { items, i, run } = box;
  const name = items.method[i] === OTHER ? "other" : (methods?.names[items.method[i]] ?? "…");
  if (items.merged) {
    const lines = [`${duration(items.total[i])} (${share(items.total[i], whole)}) in ${calls(items.calls[i])}`];
    if (items.method[i] === OTHER) lines.push("The smallest paths together: look at the caller by itself to see them");
    else lines.push(`${duration(items.own[i])} in itself`);
    return [name, ...lines];
  }
  if (run) return [calls(items.calls[i]), `longest: ${name}, ${duration(items.longest[i])}`, `${duration(items.total[i])} together within ${duration(items.width[i])}`];
  const lines = [name, methods?.packages[methods.package[items.method[i]]] ?? "", duration(items.width[i])];
  if (items.cpu[i]) lines[2] += ` · ${duration(items.cpu[i])} CPU`;
  return lines.filter(Boolean);
}

export class Tip {
  constructor(element, stage) {
    Object.assign(this, { element, stage });
  }

  show(lines, x, y) {
    this.element.replaceChildren(
      ...lines.map((line, n) => {
        const row = document.createElement(n ? "span" : "strong");
        row.textContent = line;
        return row;
      }),
    );
    this.element.hidden = false;
    const [right, bottom] = [this.stage.clientWidth, this.stage.clientHeight];
    const { offsetWidth, offsetHeight } = this.element;
    const left = x + 14 + offsetWidth > right ? Math.max(0, x - offsetWidth - 10) : x + 14;
    const top = y + 16 + offsetHeight > bottom ? Math.max(0, y - offsetHeight - 8) : y + 16;
    this.element.style.setProperty("transform", `translate(${left}px, ${top}px)`);
  }

  hide() {
    this.element.hidden = true;
  }
}
