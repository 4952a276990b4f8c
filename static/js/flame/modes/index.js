// The orders in which a flame graph can show a thread. What differs between them is in one class each, of this shape:
//
//   name                    in the address and on the button; parameters: those of the address that only it uses
//   extent                  how long its axis is, in µs; bounds: the axis as a range
//   depth(state)            how many rows it has
//   map                     pixels of overview on top
//   axis(state)             {scale range in ms, text of a tick}
//   follow(patch, restored) hears of every change of state; fetches what it draws, unless drawing does
//   draw(painter, view)     adds its boxes; true when nothing better is still to come
//   drawMap(…)              draws the overview; true when complete
//   isRun, fill, shade      how an item looks: whether it stands for several, how high it is full, which shade
//   describe(box)           lines of text
//   select(box, at)         selects what is drawn there; reselect(selected): selects what the address names
//   place(selected)         {start, length} on the axis, or null
//   open(box), enter(selected)  the change of state that a double click or Enter asks for
//   legend(weight)          one line
//   address                 read(query, state) → part of the state; write(state) → values of the address
import { LeftHeavy } from "./heavy.js";
import { TimeOrder } from "./time.js";

export const FIRST = "time";

export function createModes(flame) {
  return Object.fromEntries([new TimeOrder(flame), new LeftHeavy(flame)].map((mode) => [mode.name, mode]));
}
