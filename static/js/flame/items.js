// Items to draw, as flat columns: a tile's bytes (replica/profiles/tiles.py) or a merged tree laid out left heavy.
const FORMAT = 1;
export const OTHER = -1;

export function decodeTile(buffer) {
  const [format, bytes, length] = new Uint32Array(buffer, 0, 3);
  if (format !== FORMAT) throw new Error("This page is older than the server. Reload it.");
  let offset = 16;
  const next = (Type) => {
    const column = new Type(buffer, offset, length);
    offset += length * Type.BYTES_PER_ELEMENT;
    return column;
  };
  const Time = bytes === 8 ? Float64Array : Int32Array;
  const [start, width, total, cpu, longest] = [1, 2, 3, 4, 5].map(() => next(Time));
  const [calls, method, depth] = [Uint32Array, Uint32Array, Uint16Array].map(next);
  return { length, start, width, total, cpu, longest, calls, method, depth };
}

// Children stand side by side from their parent's left edge, in the order in which they come: heaviest first.
export function layoutTree(nodes) {
  const length = nodes.parent.length;
  const start = new Float64Array(length);
  const filled = new Float64Array(length);
  let roots = 0;
  for (let node = 0; node < length; node++) {
    const parent = nodes.parent[node];
    const before = parent < 0 ? roots : filled[parent];
    start[node] = (parent < 0 ? 0 : start[parent]) + before;
    if (parent < 0) roots += nodes.total[node];
    else filled[parent] += nodes.total[node];
  }
  return { ...nodes, length, start, width: nodes.total };
}

// The node at the end of a path of methods from the root down; −1 where the tree has none.
export function nodeAt(items, path) {
  let node = -1;
  for (const method of path) {
    const parent = node;
    node = items.method.findIndex((other, i) => other === method && items.parent[i] === parent);
    if (node < 0) return -1;
  }
  return node;
}

// A merged node's methods from the root down.
export function pathOf(items, i) {
  const path = [];
  for (let node = i; node >= 0; node = items.parent[node]) path.unshift(items.method[node]);
  return path;
}
