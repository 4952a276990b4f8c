// The view in the page's address: from and to in ms, the selected span, folded groups. Other parameters stay.
const LATER = 250; // browsers limit how often an address may be replaced

export function readAddress() {
  const query = new URLSearchParams(location.search);
  const number = (name) => (query.has(name) ? Number(query.get(name)) : NaN);
  return { from: number("from"), to: number("to"), at: query.get("at"), folded: query.get("fold")?.split(",").filter(Boolean) };
}

let timer = 0;

export function writeAddress({ range, selected, folded, foldedAtFirst }) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const query = new URLSearchParams(location.search);
    const put = (name, value) => (value === null ? query.delete(name) : query.set(name, value));
    put("from", range.whole ? null : short(range.from, range.span));
    put("to", range.whole ? null : short(range.to, range.span));
    put("at", selected?.key || null);
    const list = [...folded].join(",");
    put("fold", list === foldedAtFirst ? null : list);
    const text = query.toString();
    history.replaceState(history.state, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
  }, LATER);
}

// No more digits than a thousandth of what is shown.
function short(ms, span) {
  return String(Number(ms.toFixed(Math.min(9, Math.max(0, Math.ceil(3 - Math.log10(span)))))));
}
