// Tells the server the viewer's zone (read by viewer_timezone) and keeps "3 min ago" current.
import { ago } from "./format.js";

function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const relative = time.querySelector(".ago");
    if (relative) relative.textContent = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https, which the demo has not
document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;
setInterval(refresh, 5000);
