// The view as the address holds it: the range, the selected span's key and, where they are not as at first, the folds.
import { rangeValues, readQuery, readRange } from "../canvas/address.js";
import { isWhole } from "../canvas/range.js";

export function readView(query = readQuery()) {
  const folded = query.get("fold")?.split(",").filter(Boolean);
  return { range: readRange(query), at: query.get("at"), folded, recorded: query.get("time") === "recorded" };
}

export function viewValues({ range, bounds, selected, folded, foldedAtFirst }) {
  const fold = [...folded].join(",");
  return {
    ...rangeValues(isWhole(range, bounds) ? null : range),
    at: selected?.key || null,
    fold: fold === foldedAtFirst.join(",") ? null : fold,
  };
}
