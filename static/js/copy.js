// [data-copy-link] copies the page's address as it stands: what is shown and selected is in it.
import { say } from "./toast.js";

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text); // only over https or on the own machine
    return true;
  } catch {
    return copiedByField(text);
  }
}

function copiedByField(text) {
  const field = document.createElement("textarea");
  field.className = "sr-only";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

// [data-copy] copies the text of the element that it names.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const done = await copied(document.getElementById(button.dataset.copy).textContent);
  button.focus({ preventScroll: true });
  say(done ? "Copied" : "The browser did not allow it: select the text and copy it");
});

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy-link]");
  if (!button) return;
  const done = await copied(location.href);
  button.focus({ preventScroll: true });
  say(done ? "Link copied" : "The browser did not allow it: copy the address from its bar");
});
