// Starts the difference of two sessions' flame graphs.
import { DiffGraph } from "./graph.js";

for (const root of document.querySelectorAll("[data-flame]")) new DiffGraph(root);
