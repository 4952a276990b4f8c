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

// On a narrow screen the tabs stand in one line that scrolls: the page's own is in sight.
const tabs = document.querySelector(".tabs");
const tab = tabs?.querySelector("[aria-current]");
if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
