// The selected call, exact, as the server explains it; for a merged node what is known of it here.
import { fetchCall } from "./api.js";
import { calls, duration, share } from "./format.js";
import { OTHER } from "./items.js";

export class Inspector {
  constructor(element, live, base) {
    Object.assign(this, { element, live, base, empty: element.cloneNode(true) });
  }

  // Fetch and show the call at a position; resolves to {depth, at, duration}, or null when overtaken by another.
  async show(thread, depth, at) {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      this.element.innerHTML = await fetchCall(this.base, thread, depth, at, this.abort.signal);
    } catch (error) {
      if (error.name === "AbortError") return null;
      throw error;
    }
    const call = this.element.querySelector("[data-flame-call]");
    this.live.textContent = call.dataset.description;
    return { depth: Number(call.dataset.depth), at: Number(call.dataset.at), duration: Number(call.dataset.duration) };
  }

  showNode(items, i, methods, whole) {
    this.abort?.abort();
    const method = items.method[i];
    const name = method === OTHER ? "other" : methods.names[method];
    const facts = [
      ["Total", `${duration(items.total[i])} (${share(items.total[i], whole)})`],
      ["Self", duration(items.own[i])],
      ["Calls", calls(items.calls[i])],
      ["Mean", duration(items.total[i] / items.calls[i])],
    ];
    const title = document.createElement("h2");
    title.textContent = name;
    const packageName = document.createElement("p");
    packageName.className = "muted flame-package";
    packageName.textContent = method === OTHER ? "The smallest paths together" : methods.packages[methods.package[method]];
    const list = document.createElement("dl");
    list.className = "facts";
    for (const [label, value] of facts) list.append(element("dt", label), element("dd", value));
    this.element.replaceChildren(title, packageName, list);
    this.live.textContent = `${name}, ${facts.map(([label, value]) => `${label.toLowerCase()} ${value}`).join(", ")}`;
  }

  clear() {
    this.abort?.abort();
    this.element.replaceChildren(...this.empty.cloneNode(true).childNodes);
    this.live.textContent = "Nothing is selected.";
  }
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
