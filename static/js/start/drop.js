// Files that are dropped anywhere on a page with a [data-drop] form are sent by it; a bar shows how much has arrived.
import { say } from "../toast.js";

const form = () => document.querySelector("[data-drop]");
const field = () => form()?.querySelector("input[type=file]");
const carriesFiles = (event) => field() && event.dataTransfer?.types.includes("Files");

function tooLong(files, mostMib) {
  const bytes = [...files].reduce((sum, file) => sum + file.size, 0);
  return bytes > mostMib * 1024 * 1024;
}

// Whoever sends more learns it before it is sent.
function accepted() {
  const fits = !tooLong(field().files, Number(form().dataset.mostMib));
  field().setCustomValidity(fits ? "" : `These files are larger than ${form().dataset.mostMib} MiB together.`);
  return form().reportValidity();
}

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  form().classList.add("over");
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form()?.classList.remove("over");
});

document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  form().classList.remove("over");
  field().files = event.dataTransfer.files;
  form().closest("details")?.setAttribute("open", "");
  if (accepted()) form().requestSubmit();
});

document.addEventListener("change", (event) => {
  if (event.target === field()) accepted();
});

function show(value) {
  const bar = form()?.querySelector("progress");
  if (!bar) return;
  bar.hidden = value === null;
  if (value === 100)
    bar.removeAttribute("value"); // all has arrived: how long the import takes is not known
  else bar.value = value ?? 0;
}

document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  if (target === form() && detail.lengthComputable && detail.total)
    show(Math.round((100 * detail.loaded) / detail.total));
});
document.addEventListener("htmx:beforeRequest", ({ target }) => target === form() && show(0));
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (target !== form()) return;
  show(null);
  if (!detail.xhr.status) say("The files did not arrive: is the site still there?");
});
