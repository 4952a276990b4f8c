// Pins, hides and moves lanes, and remembers it: by the buttons of a label, by keys, and in the list of all lanes.
import { arranged, isEmpty, keep, kept, readArrangement, withHidden, withMove, withPin } from "./arrangement.js";
import { fetchCurves } from "./arrivals.js";

export class Arranging {
  constructor(timeline) {
    Object.assign(this, { timeline, arrangement: kept(), needed: this.#needed(timeline) });
  }

  // A lane that the address needs is shown on this page, hidden or not.
  #needed({ model, selected }) {
    return model.byKey.get(selected?.key)?.lane.id;
  }

  get groups() {
    return arranged(this.timeline.model.groups, this.arrangement, this.needed);
  }

  get isEmpty() {
    return isEmpty(this.arrangement);
  }

  // How many of the page's lanes are hidden.
  get hidden() {
    const { model } = this.timeline;
    const shown = this.groups.reduce((sum, group) => sum + group.lanes.length, 0);
    return model.groups.reduce((sum, group) => sum + group.lanes.length, 0) - shown;
  }

  isPinned(id) {
    return this.arrangement.pinned.includes(id);
  }

  isHidden(id) {
    return this.arrangement.hidden.includes(id) && id !== this.needed;
  }

  pin(id) {
    this.#become(withPin(this.arrangement, id));
  }

  hide(id) {
    const hidden = this.arrangement.hidden.includes(id);
    const needed = id === this.needed;
    if (needed) this.needed = undefined;
    this.#become(needed && hidden ? this.arrangement : withHidden(this.arrangement, id));
  }

  // By one place up (−1) or down (1) within its group.
  move(id, by) {
    const group = this.#groupOf(id);
    const ids = [...new Set(group?.lanes.map((lane) => lane.id))];
    this.moveTo(id, ids[ids.indexOf(id) + by]);
  }

  moveTo(id, target) {
    const group = this.#groupOf(id);
    if (group) this.#become(withMove(this.arrangement, group, id, target));
  }

  reset() {
    this.#become(readArrangement(""));
  }

  #groupOf(id) {
    return this.groups.find(({ lanes }) => lanes.some((lane) => lane.id === id));
  }

  #become(arrangement) {
    this.arrangement = arrangement;
    keep(arrangement);
    this.timeline.arrange();
    fetchCurves(this.timeline);
  }
}
