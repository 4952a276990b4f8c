// Lines of text beside the pointer, the first of them strong.
const BESIDE = 14;
const BELOW = 16;

export class Tip {
  // The tip stays within `stage`, the element that it is positioned in.
  constructor(element, stage) {
    Object.assign(this, { element, stage });
  }

  show(lines, x, y) {
    this.element.replaceChildren(...lines.map(lineElement));
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = beside(x, BESIDE, width, this.stage.clientWidth);
    const top = beside(y, BELOW, height, this.stage.clientHeight);
    this.element.style.setProperty("transform", `translate(${left}px, ${top}px)`);
  }

  hide() {
    this.element.hidden = true;
  }
}

// After the position where there is room, else before it.
function beside(at, distance, length, room) {
  return at + distance + length > room ? Math.max(0, at - distance / 2 - length) : at + distance;
}

function lineElement(text, index) {
  const element = document.createElement(index ? "div" : "strong");
  element.dir = "auto";
  element.textContent = text;
  return element;
}
