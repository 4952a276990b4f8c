// What a pointer does on a canvas, as intentions. Positions {x, y} are in CSS pixels from the canvas's corner.
const STILL = 4; // pixels that a click may move
const APART = 8; // pixels that two fingers are apart at least

// `intentions` may have: hover(point or null), press(point), drag(now, before, start), pan(now, before) for a drag by a
// finger or with Shift, drop(point), click(point), pinch(factor, x), open(point) for a double click, and cancel().
export class Gestures {
  constructor(canvas, intentions) {
    Object.assign(this, { canvas, intentions, pointers: new Map(), down: null });
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event.pointerId, place(event)));
    canvas.addEventListener("pointerup", (event) => this.#release(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("pointerleave", () => this.#tell("hover", null));
    canvas.addEventListener("dblclick", (event) => this.#tell("open", place(event)));
  }

  #tell(name, ...values) {
    this.intentions[name]?.(...values);
  }

  #press(event) {
    if (event.button !== 0) return;
    const start = place(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, start);
    this.down = { start, moved: false, pans: event.shiftKey || event.pointerType === "touch" };
    this.#tell("press", start);
  }

  #move(id, now) {
    const before = this.pointers.get(id);
    if (!before) return this.#tell("hover", now);
    if (this.pointers.size === 2) this.#pinch(id, before, now);
    else this.#drag(before, now);
    this.pointers.set(id, now);
  }

  #drag(before, now) {
    const { start, moved } = this.down;
    if (!moved && Math.hypot(now.x - start.x, now.y - start.y) < STILL) return;
    this.down.moved = true;
    const name = this.down.pans && this.intentions.pan ? "pan" : "drag";
    this.#tell(name, now, moved ? before : start, start);
  }

  #pinch(id, before, now) {
    const [, other] = [...this.pointers].find(([key]) => key !== id);
    const apart = (a, b) => Math.max(APART, Math.hypot(a.x - b.x, a.y - b.y));
    this.down.moved = true;
    this.#tell("pinch", apart(before, other) / apart(now, other), (now.x + other.x) / 2);
  }

  #release(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    this.#tell(this.down.moved ? "drop" : "click", place(event));
    this.down = null;
  }

  #cancel(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size) return;
    this.down = null;
    this.#tell("cancel");
  }
}

function place(event) {
  const frame = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}
