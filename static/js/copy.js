// [data-copy-link] copies the page's address as it stands: what is shown and selected is in it. A link with
// [data-copy-from] copies the text that it leads to.
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

async function textAt(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copy-from]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const text = await textAt(link.href);
  const done = text !== null && (await copied(text));
  link.focus({ preventScroll: true });
  say(done ? "Copied" : "It could not be copied: open the link in a new tab instead");
});

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
