// Starts what the page at hand has.

import { startCard } from "./card.js";
import { startCart } from "./cart.js";
import { startFinder } from "./finder.js";
import { startGoesWith } from "./goes-with.js";

startFinder(document.querySelector("[data-finder]"), document.querySelector("[data-grid]"));
startGoesWith(document.querySelector("[data-goes-with]"));
startCart(document.querySelector("[data-add]"));
startCard(document.querySelector("[data-checkout]"));
