// Starts the difference of two groups' flame graphs.
import { DiffGraph } from "./graph.js";

for (const root of document.querySelectorAll("[data-flame]")) new DiffGraph(root);
