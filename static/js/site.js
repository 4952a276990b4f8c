// What every page needs: current times, the list keys, the list of keys, the theme. Pages add modules of their own.
import "./theme.js";
import "./time.js";
import "./keys.js";
import "./fold.js";
import "./plain.js";
import "./scroll.js";
import "./copy.js";
import "./attendance.js";
import "./palette.js";
import "./attention.js";
import "./polling.js";

// On a narrow screen places and tabs each stand in one line that scrolls: the page's own is in sight.
for (const line of document.querySelectorAll(".rail, .tabs")) {
  const own = line.querySelector("[aria-current]");
  if (own) line.scrollLeft = own.offsetLeft - line.offsetLeft - (line.clientWidth - own.offsetWidth) / 2;
}
