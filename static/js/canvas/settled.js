// data-settled of an element: "true" once all that was asked for is drawn and stands in the address, else "false".
export class Settled {
  constructor(element) {
    Object.assign(this, { element, pending: new Set() });
  }

  wait(name) {
    this.pending.add(name);
    this.#show();
  }

  done(name) {
    this.pending.delete(name);
    this.#show();
  }

  #show() {
    this.element.dataset.settled = String(this.pending.size === 0);
  }
}
