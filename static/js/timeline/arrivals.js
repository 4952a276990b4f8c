// Curves that come after the page, since reading them may take the database long: fetched when their group is first
// open.
import { receive } from "./model.js";

export function fetchCurves(timeline) {
  for (const group of timeline.model.groups) {
    if (group.curves && !group.asked && !timeline.folded.has(group.key)) fetchGroup(timeline, group);
  }
}

async function fetchGroup(timeline, group) {
  group.asked = true;
  timeline.settled.wait(`curves of ${group.key}`);
  try {
    const response = await fetch(group.curves);
    if (!response.ok) throw new Error(response.status);
    const curves = await response.json();
    for (const lane of group.lanes) receive(lane, curves[lane.key]);
  } catch {
    group.asked = false;
    for (const lane of group.lanes) lane.note = "not read: fold and open to retry";
  }
  timeline.arrange();
  timeline.settled.done(`curves of ${group.key}`);
}
