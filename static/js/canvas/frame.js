// Draws at most once a frame of the screen, however often it is asked to.
export class Frame {
  constructor(draw, settled) {
    Object.assign(this, { draw, settled, asked: 0 });
  }

  request() {
    if (this.asked) return;
    this.settled.wait("frame");
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
      this.settled.done("frame");
    });
  }
}
