// The selected call, exact, as the server explains it; for a merged node what is known of it here.
import { fetchCall } from "./api.js";

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
    const { dataset } = call;
    return { depth: Number(dataset.depth), at: Number(dataset.at), duration: Number(dataset.duration) };
  }

  // What is known of it here: facts by their label, and what can be done with it.
  showFacts({ method, name, packageName, facts, stack }) {
    this.abort?.abort();
    const title = element("h2", name);
    const subtitle = element("p", packageName);
    subtitle.className = "muted flame-package";
    const list = element("dl", "");
    list.className = "facts";
    for (const [label, value] of Object.entries(facts)) list.append(element("dt", label), element("dd", value));
    this.element.replaceChildren(
      title,
      subtitle,
      ...(method === null ? [] : actions(method, packageName, stack)),
      list,
    );
    const said = Object.entries(facts).map(([label, value]) => `${label.toLowerCase()} ${value}`);
    this.live.textContent = [name, ...said].join(", ");
  }

  clear() {
    this.abort?.abort();
    this.element.replaceChildren(...this.empty.cloneNode(true).childNodes);
    this.live.textContent = "Nothing is selected.";
  }
}

// The same buttons as those of a call in templates/replica/flame_actions.html.
function actions(method, packageName, stack) {
  const bar = element("div", "");
  bar.className = "flame-actions";
  bar.append(action("Callers and callees", { flameSandwich: method }), action("Exclude", { flameExclude: method }));
  if (packageName) bar.append(action("Only this package", { flamePackage: packageName }));
  bar.append(action("Copy stack", { copy: "flame-stack" }));
  const lines = element("pre", stack.join("\n"));
  Object.assign(lines, { id: "flame-stack", hidden: true });
  return [bar, lines];
}

function action(text, data) {
  const button = element("button", text);
  Object.assign(button, { type: "button", className: "button" });
  Object.assign(button.dataset, data);
  return button;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
