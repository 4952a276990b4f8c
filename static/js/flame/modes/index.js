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
//   place(selected)         {start, length} on the axis, or null; depth where the selection does not hold it
//   open(box), enter(selected)  the change of state that a double click or Enter asks for
//   legend(weight)          one line
//   step(direction)         selects the next match of the search
//   flat                    true for what is no picture: of the above it has follow, legend and address alone
//   address                 read(query, state) → part of the state; write(state) → values of the address
import { LeftHeavy } from "./heavy.js";
import { Sandwich } from "./sandwich.js";
import { MethodTable } from "./table.js";
import { TimeOrder } from "./time.js";

export const FIRST = "time";

export function createModes(flame) {
  const modes = [TimeOrder, LeftHeavy, Sandwich, MethodTable].map((Mode) => new Mode(flame));
  return Object.fromEntries(modes.map((mode) => [mode.name, mode]));
}
