// The viewer's choice of a theme: shown at once, kept in a cookie, from which the server sets data-theme of the page.
// The admin site keeps its own in localStorage.theme under the same names; whichever was chosen last counts in both.
const NAMES = ["auto", "light", "dark"];
const YEAR = 31_536_000; // seconds

export function keepTheme(name) {
  if (!NAMES.includes(name)) return;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https, which the demo has not
  document.cookie = `theme=${name}; path=/; max-age=${YEAR}; samesite=lax`;
  localStorage.setItem("theme", name);
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-theme-choice]")) return;
  keepTheme(target.value);
  document.documentElement.dataset.theme = target.value;
  document.dispatchEvent(new CustomEvent("statetrace:theme"));
});
