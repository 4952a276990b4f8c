// A label that the mouse drags moves its lane among those of its group.
const STILL = 5; // pixels that a click may move

export function bindDragging(timeline, labels) {
  let held = null; // {row, start, moved, target, below}
  labels.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-lane]");
    const fit = event.button === 0 && event.pointerType === "mouse" && !event.target.closest("button");
    held = row && fit ? { row, start: event.clientY, moved: false } : null;
  });
  labels.addEventListener("dragstart", (event) => event.preventDefault()); // of a link
  labels.addEventListener("pointermove", (event) => held && drag(labels, held, event));
  labels.addEventListener("pointerup", () => {
    const { row, target } = held ?? {};
    unmark(labels);
    if (held?.moved && target) timeline.arranging.moveTo(row.dataset.lane, target.dataset.lane);
    if (!held?.moved) held = null;
  });
  labels.addEventListener("pointercancel", () => {
    unmark(labels);
    held = null;
  });
  // The click that ends a drag opens no link.
  labels.addEventListener("click", (event) => {
    if (held) event.preventDefault();
    held = null;
  });
}

function drag(labels, held, { clientY, pointerId }) {
  if (!held.moved && Math.abs(clientY - held.start) < STILL) return;
  if (!held.moved) labels.setPointerCapture(pointerId);
  held.moved = true;
  unmark(labels);
  held.row.classList.add("dragged");
  held.target = rowAt(held.row, clientY);
  if (held.target) held.target.classList.add(clientY < held.start ? "drop-above" : "drop-below");
}

// The other row of the same group at a height.
function rowAt(row, y) {
  const rows = [...row.parentElement.querySelectorAll(`[data-group-of="${CSS.escape(row.dataset.groupOf)}"]`)];
  return rows.find((other) => {
    const { top, bottom } = other.getBoundingClientRect();
    return other !== row && y >= top && y < bottom;
  });
}

function unmark(labels) {
  for (const row of labels.querySelectorAll(".timeline-lane")) {
    row.classList.remove("dragged", "drop-above", "drop-below");
  }
}
