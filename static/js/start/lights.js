// Keeps the lights of the first steps current while somebody can see them.
const EVERY = 3000;

setInterval(() => {
  if (document.hidden) return;
  for (const lights of document.querySelectorAll("[data-lights]")) htmx.trigger(lights, "statetrace:poll");
}, EVERY);
