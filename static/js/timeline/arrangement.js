// Which lanes a person has pinned, hidden and moved, in all sessions: lanes are known by their group and name. All but
// `kept` and `keep` is pure. localStorage holds digests of the names, by person, so that nobody reads there what
// another saw.
const PREFIX = "statetrace.lanes.";
const MOST = 200; // lanes of a kind that are remembered, the newest choices first
export const PINNED = "pinned";
const NOTHING = { pinned: [], hidden: [], order: {} };

// What names a lane in every session: its group, its name and, where several have that name, which of them it is.
export function identified(group, lanes) {
  const met = new Map();
  return lanes.map((lane) => {
    const name = `${lane.side ?? ""} ${lane.name}`;
    met.set(name, (met.get(name) ?? 0) + 1);
    return { ...lane, id: digest(`${plain(group)} ${lane.name} ${met.get(name)}`) };
  });
}

// Groups of audited sessions are called for their session; what they hold is of one kind.
function plain(group) {
  return group.replace(/^audited-\d+-/, "");
}

// FNV-1a.
function digest(text) {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
  return (hash >>> 0).toString(36);
}

// The groups as they are shown: pinned lanes in a group of their own above, hidden ones left out, moved ones moved.
// `needed` is the id of a lane that is shown though it is hidden, since the address names what it holds.
export function arranged(groups, { pinned, hidden, order }, needed) {
  const away = new Set([...pinned, ...hidden.filter((id) => id !== needed)]);
  const rest = groups.map((group) => ({
    ...group,
    lanes: inOrder(group.lanes, order[plain(group.key)] ?? []).filter(({ id }) => !away.has(id)),
  }));
  const lanes = groups.flatMap((group) => group.lanes);
  const above = pinned.flatMap((id) => lanes.filter((lane) => lane.id === id));
  return above.length ? [{ key: PINNED, name: "Pinned", href: "", lanes: above }, ...rest] : rest;
}

// Lanes whose order is remembered exchange places among themselves; others stay where they are.
function inOrder(lanes, ids) {
  const place = new Map(ids.map((id, i) => [id, i]));
  const moved = lanes.filter(({ id }) => place.has(id)).sort((a, b) => place.get(a.id) - place.get(b.id));
  return lanes.map((lane) => (place.has(lane.id) ? moved.shift() : lane));
}

export function withPin(arrangement, id) {
  const { pinned, hidden } = arrangement;
  const now = pinned.includes(id) ? without(pinned, id) : [...pinned, id].slice(-MOST);
  return { ...arrangement, pinned: now, hidden: without(hidden, id) };
}

export function withHidden(arrangement, id) {
  const { pinned, hidden } = arrangement;
  const now = hidden.includes(id) ? without(hidden, id) : [id, ...hidden].slice(0, MOST);
  return { ...arrangement, hidden: now, pinned: without(pinned, id) };
}

// The lane `id` of a group, as it is shown, moved to the place of another one.
export function withMove(arrangement, group, id, target) {
  const ids = [...new Set(group.lanes.map((lane) => lane.id))];
  const [from, to] = [ids.indexOf(id), ids.indexOf(target)];
  if (from < 0 || to < 0 || from === to) return arrangement;
  ids.splice(to, 0, ...ids.splice(from, 1));
  if (group.key === PINNED) return { ...arrangement, pinned: [...ids, ...arrangement.pinned.filter(other(ids))] };
  const key = plain(group.key);
  const others = (arrangement.order[key] ?? []).filter(other(ids));
  return { ...arrangement, order: { ...arrangement.order, [key]: [...ids, ...others].slice(0, MOST) } };
}

function without(ids, id) {
  return ids.filter((one) => one !== id);
}

function other(ids) {
  const known = new Set(ids);
  return (id) => !known.has(id);
}

export function isEmpty({ pinned, hidden, order }) {
  return !pinned.length && !hidden.length && !Object.keys(order).length;
}

// What is remembered, whatever stands there.
export function readArrangement(text) {
  try {
    const { pinned, hidden, order } = JSON.parse(text);
    const read = Object.entries(order).map(([group, ids]) => [group, texts(ids)]);
    return { pinned: texts(pinned), hidden: texts(hidden), order: Object.fromEntries(read) };
  } catch {
    return NOTHING;
  }
}

function texts(value) {
  return value.filter((id) => typeof id === "string").slice(0, MOST);
}

function place() {
  return PREFIX + (document.querySelector("[data-viewer]")?.dataset.viewer ?? "");
}

export function kept() {
  try {
    return readArrangement(localStorage.getItem(place()));
  } catch {
    return NOTHING; // none is allowed
  }
}

export function keep(arrangement) {
  try {
    if (isEmpty(arrangement)) localStorage.removeItem(place());
    else localStorage.setItem(place(), JSON.stringify(arrangement));
  } catch {
    // No room, or none allowed: the lanes stay so until the page is left.
  }
}
