// Tells the server the viewer's zone (read by viewer_timezone) and keeps "3 min ago" current.
const UNITS = [["days", 86400, 172800], ["h", 3600, 7200], ["min", 60, 120], ["s", 1, 5]];

export function ago(seconds) {
  if (seconds < -5) return "in the future";
  const found = UNITS.find(([, , least]) => seconds >= least);
  return found ? `${Math.floor(seconds / found[1])} ${found[0]} ago` : "just now";
}

function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const relative = time.querySelector(".ago");
    if (relative) relative.textContent = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;
setInterval(refresh, 5000);
