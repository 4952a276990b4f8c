// Which box comes next when walking with the keys: pure arithmetic on what is drawn.

// now: the selected box {x, y, width} or null; across, down: −1, 0 or 1; row: a row's height, width: the picture's.
export function neighbour(boxes, now, across, down, { row, width }) {
  const y = now ? now.y + down * row : Math.min(...boxes.map((box) => box.y));
  const x = now ? middleInSight(now, width) : width / 2;
  const inRow = boxes.filter((box) => Math.abs(box.y - y) < row / 2);
  const distance = (box) => Math.max(0, box.x - x, x - box.x - box.width);
  return inRow
    .filter((box) => !now || beside(box, now, across))
    .reduce((best, box) => (!best || distance(box) < distance(best) ? box : best), null);
}

function middleInSight({ x, width }, most) {
  const left = Math.max(x, 0);
  return (left + Math.min(left + width, most)) / 2;
}

function beside(box, now, across) {
  if (across > 0) return box.x >= now.x + now.width - 1;
  if (across < 0) return box.x + box.width <= now.x + 1;
  return true;
}
