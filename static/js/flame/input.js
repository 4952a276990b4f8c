// Pointer, wheel and keys on the canvas, as calls of the flame graph's methods.
import { Brush } from "../canvas/brush.js";
import { Gestures } from "../canvas/gestures.js";
import { axisKeys, onKeys } from "../canvas/keys.js";
import { onWheel, turnRows } from "../canvas/wheel.js";
import { ROW } from "./levels.js";

const STEP = 3 * ROW; // pixels that an arrow scrolls
const PAGE = 20 * ROW;

export function bindInput(flame) {
  new Pointer(flame);
  onWheel(flame.canvas, (wheel) => turn(flame, wheel));
  onKeys(flame.canvas, keys(flame), steps(flame));
}

// Over the overview the pointer moves the brush, below it the picture.
class Pointer {
  constructor(flame) {
    Object.assign(this, { flame, brush: new Brush(flame), onMap: false });
    new Gestures(flame.canvas, {
      hover: (point) => this.#hover(point),
      press: (point) => this.#press(point),
      drag: (...points) => this.#drag(...points),
      pan: (...points) => this.#pan(...points),
      drop: () => flame.measure.drop(),
      cancel: () => flame.measure.clear(),
      click: (point) => this.#click(point),
      pinch: (factor, x) => flame.zoom(factor, flame.scale.at(x)),
      open: (point) => (this.#isOnMap(point) ? flame.showAll() : flame.open(point)),
    });
  }

  #isOnMap({ y }) {
    return y < this.flame.picture.geometry.map;
  }

  #hover(point) {
    const cursor = point && this.#isOnMap(point) ? this.brush.cursor(point.x) : "default";
    this.flame.canvas.style.setProperty("cursor", cursor);
    this.flame.hover(point);
  }

  #press(point) {
    this.onMap = this.#isOnMap(point);
    if (this.onMap) this.brush.press(point);
  }

  #drag(now, before, start) {
    if (this.onMap) return this.brush.drag(now, before, start);
    this.flame.hover(null);
    this.flame.measure.drag(start.x, now.x);
  }

  #click(point) {
    if (this.onMap) return this.brush.click(point);
    this.flame.measure.clear();
    this.flame.select(point);
  }

  #pan(now, before, start) {
    if (this.onMap) return this.brush.drag(now, before, start);
    const { flame } = this;
    flame.hover(null);
    flame.pan((before.x - now.x) * flame.scale.perPixel);
    flame.scroll(before.y - now.y);
  }
}

function turn(flame, wheel) {
  const { scale } = flame;
  const nearer = (factor, x) => flame.zoom(factor, scale.at(x));
  if (wheel.y < flame.picture.geometry.top) return nearer(wheel.zoom, wheel.x);
  return turnRows(wheel, {
    zoom: nearer,
    pan: (pixels) => flame.pan(pixels * scale.perPixel),
    scroll: (pixels) => flame.scrollRows(pixels),
  });
}

function keys(flame) {
  return {
    ...axisKeys({
      zoom: (factor) => flame.zoom(factor),
      pan: (share) => flame.pan(share * (flame.state.to - flame.state.from)),
      all: () => flame.showAll(),
    }),
    ArrowUp: () => flame.scroll(-STEP),
    ArrowDown: () => flame.scroll(STEP),
    PageUp: () => flame.scroll(-PAGE),
    PageDown: () => flame.scroll(PAGE),
    Escape: () => flame.escape(),
    Enter: () => flame.enter(),
    n: () => flame.step(1),
    p: () => flame.step(-1),
  };
}

// With Shift.
function steps(flame) {
  return {
    ArrowLeft: () => flame.walk(-1, 0),
    ArrowRight: () => flame.walk(1, 0),
    ArrowUp: () => flame.walk(0, -1),
    ArrowDown: () => flame.walk(0, 1),
  };
}
