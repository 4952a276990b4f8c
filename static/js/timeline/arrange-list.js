// The list of all lanes, also of those that are hidden or in folded groups: shown or not, pinned or not, up and down.
import { PINNED } from "./arrangement.js";
import { make } from "./elements.js";

export class ArrangeList {
  constructor(timeline, element) {
    Object.assign(this, { timeline, element });
    element.addEventListener("toggle", () => this.build());
    element.addEventListener("click", (event) => this.#act(event.target.closest("[data-act]")));
    element.addEventListener("keydown", (event) => event.key === "Escape" && this.#close(event));
    document.addEventListener("pointerdown", ({ target }) => {
      if (!element.contains(target)) element.open = false;
    });
  }

  // The button says how many lanes are hidden; the list is there while it is open.
  build() {
    const { arranging } = this.timeline;
    const { hidden } = arranging;
    this.element.querySelector("[data-hidden]").textContent = hidden ? `${hidden} hidden` : "";
    const list = this.element.querySelector("[data-lanes]");
    const focused = list.contains(document.activeElement) ? { ...document.activeElement.dataset } : null;
    list.replaceChildren(...(this.element.open ? this.#groups() : []));
    this.element.querySelector("[data-act=reset]").hidden = arranging.isEmpty;
    if (focused) this.#focus(focused);
  }

  #groups() {
    const { model, arranging } = this.timeline;
    const shown = new Map(arranging.groups.map((group) => [group.key, group.lanes]));
    const pinned = shown.get(PINNED) ?? [];
    const of = ({ key, lanes }) => [...(shown.get(key) ?? []), ...lanes.filter(({ id }) => arranging.isHidden(id))];
    const all = [{ name: "Pinned", lanes: pinned }, ...model.groups.map((group) => ({ ...group, lanes: of(group) }))];
    return all.filter(({ lanes }) => lanes.length).map((group) => this.#group(group));
  }

  #group({ name, lanes }) {
    const section = make("section", {});
    const rows = [...new Map(lanes.map((lane) => [lane.id, lane])).values()];
    const list = make("ul", { class: "plain", "aria-label": name });
    list.append(...rows.map((lane, i) => this.#row(lane, i === 0, i === rows.length - 1)));
    section.append(make("p", {}, name), list);
    return section;
  }

  #row({ id, name }, first, last) {
    const { arranging } = this.timeline;
    const [hidden, pinned] = [arranging.isHidden(id), arranging.isPinned(id)];
    const row = make("li", hidden ? { class: "hidden-lane" } : {});
    row.append(
      make("bdi", { title: name }, name),
      button(id, "up", "↑", `Move ${name} up`, { disabled: hidden || first }),
      button(id, "down", "↓", `Move ${name} down`, { disabled: hidden || last }),
      button(id, "pin", "Pin", `Pin ${name}`, { pressed: pinned }),
      button(id, "hide", "Hide", `Hide ${name}`, { pressed: hidden }),
    );
    return row;
  }

  #act(pressed) {
    if (!pressed || pressed.ariaDisabled === "true") return;
    const { act, lane } = pressed.dataset;
    const { arranging } = this.timeline;
    if (act === "up" || act === "down") arranging.move(lane, act === "up" ? -1 : 1);
    else if (lane) arranging[act](lane);
    else arranging.reset();
  }

  // The button that was pressed is another element now.
  #focus({ act, lane }) {
    this.element.querySelector(`[data-act="${CSS.escape(act)}"][data-lane="${CSS.escape(lane)}"]`)?.focus();
  }

  #close(event) {
    event.stopPropagation();
    this.element.open = false;
    this.element.querySelector("summary").focus();
  }
}

function button(lane, act, text, label, { disabled = false, pressed }) {
  const attributes = { type: "button", class: "button", "data-lane": lane, "data-act": act, "aria-label": label };
  if (pressed !== undefined) attributes["aria-pressed"] = String(pressed);
  if (disabled) attributes["aria-disabled"] = "true"; // it can have the focus, which would be lost otherwise
  return make("button", attributes, text);
}
