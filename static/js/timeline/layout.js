// Where groups and lanes stand, in CSS pixels from the top of the lanes.
import { PINNED } from "./arrangement.js";
import { STRIP } from "./strip.js";

export const ROW = 18;
const GROUP = 26;
const CURVE = 46;
const PADDING = 3;
const LABEL = 18;

// narrow: labels stand above their lanes instead of beside them. pinned: down to where pinned lanes reach.
export function layout(groups, folded, narrow) {
  const result = { groups: [], lanes: [], height: 0, pinned: 0 };
  let y = 0;
  for (const group of groups) {
    result.groups.push({ group, y, height: GROUP });
    y += GROUP;
    if (folded.has(group.key)) continue;
    for (const lane of group.lanes) {
      const label = narrow ? LABEL : 0;
      const height = label + laneHeight(lane);
      result.lanes.push({ lane, group, y, label, top: y + label + PADDING, height });
      y += height;
    }
    if (group.key === PINNED) result.pinned = y;
  }
  result.height = y;
  return result;
}

export function laneHeight(lane) {
  if (lane.strip) return STRIP + 2 * PADDING;
  const rows = lane.room * ROW;
  return (lane.plotted ? CURVE : 0) + Math.max(rows, lane.plotted ? 0 : ROW) + 2 * PADDING;
}

export const CURVE_HEIGHT = CURVE - 2;
