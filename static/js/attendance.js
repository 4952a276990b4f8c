// Says of a request that the page made it by itself, so that a page left open does not keep its viewer signed in.
// Where the viewer is signed out meanwhile, loads the page anew: it then leads to signing in, and back.
const SIGN_IN = "/account/login/";

document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (!cause || cause.type === "statetrace:poll") event.detail.headers["X-Unattended"] = "1";
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = event.detail.xhr.responseURL;
  if (!answered || new URL(answered).pathname !== SIGN_IN) return;
  event.detail.shouldSwap = false;
  location.reload();
});
