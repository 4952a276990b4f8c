// What was opened last in this browser: kept in localStorage for each person and organisation, so that nobody sees what
// somebody else opened, and forgotten when nobody is signed in.
const PREFIX = "statetrace.recent.";
const MOST = 30;
const LONGEST = 120; // letters of a name
const KEPT = ["table", "key", "id"]; // parameters that name a thing; others say how it is shown
// What kinds of things have which addresses.
const KINDS = [
  [/^\/records\/\d+\/$/, "Record"],
  [/^\/sources\/\d+\/actor\/$/, "Actor"],
  [/^\/sources\/\d+\/transactions\/\d+\/$/, "Transaction"],
  [/^\/sources\/\d+\/$/, "Source"],
  [/^\/sources\/\d+\/shapes\/$/, "Table"],
  [/^\/sessions\/\d+\/$/, "Session"],
  [/^\/changes\/\d+\/$/, "Change"],
  [/^\/flows\/[^/]+\/$/, "User flow"],
  [/^\/captured\/[^/]+\/$/, "Captured session"],
];

// The kind of thing that is at the address, and the address without what only says how it is shown; null for others.
export function thingAt(address) {
  const { pathname, searchParams } = new URL(address);
  const [, kind] = KINDS.find(([form]) => form.test(pathname)) ?? [];
  if (!kind) return null;
  const kept = new URLSearchParams([...searchParams].filter(([name]) => KEPT.includes(name)));
  return { kind, href: kept.size ? `${pathname}?${kept}` : pathname };
}

// The entries with one put first, each address once.
export function withFirst(entries, first) {
  return [first, ...entries.filter(({ href }) => href !== first.href)].slice(0, MOST);
}

export function recent(viewer) {
  try {
    const known = JSON.parse(localStorage.getItem(PREFIX + viewer)) ?? [];
    return known.filter(({ href, name }) => typeof name === "string" && /^\/(?!\/)/.test(href));
  } catch {
    return []; // not there, or not ours
  }
}

export function remember(viewer, document) {
  const thing = thingAt(document.location.href);
  const name = document.querySelector("main h1")?.textContent.replace(/\s+/g, " ").trim().slice(0, LONGEST);
  if (!thing || !name) return;
  try {
    localStorage.setItem(PREFIX + viewer, JSON.stringify(withFirst(recent(viewer), { ...thing, name })));
  } catch {
    // No room, or none allowed: the palette then has no recent things.
  }
}

export function forgetAll() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}
