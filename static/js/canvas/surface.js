// A canvas that is as sharp as the screen: sizes in CSS pixels, drawn in device pixels.
export class Surface {
  // styled: the canvas takes the size that is drawn; otherwise the style sheet sizes it.
  constructor(canvas, { styled = true, opaque = false } = {}) {
    Object.assign(this, { canvas, styled });
    this.context = canvas.getContext("2d", { alpha: !opaque });
  }

  get ratio() {
    return window.devicePixelRatio || 1;
  }

  // A cleared context of this size, in CSS pixels.
  begin(width, height) {
    this.#resize(width, height);
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    return this.context;
  }

  #resize(width, height) {
    const { canvas } = this;
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio)));
    if (canvas.width === w && canvas.height === h) return;
    canvas.width = w;
    canvas.height = h;
    if (!this.styled) return;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
}
