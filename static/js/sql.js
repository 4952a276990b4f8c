// The field for SQL: Ctrl+Enter runs it, Cancel stands there while it runs, a click in the schema writes a name.

const form = document.querySelector("[data-sql]");
const field = form.querySelector("textarea");
const cancel = form.querySelector("[data-cancel]");

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-run]"));
  }
});

// A file is not for htmx: this button's click leaves the form to the browser.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target === form && event.submitter?.hasAttribute("data-plain")) event.stopImmediatePropagation();
    if (event.target.matches("[data-takes-sql]")) event.target.elements.sql.value = field.value;
  },
  true,
);

form.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === form) cancel.hidden = false;
});
form.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt === form) cancel.hidden = true;
});

document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-writes]")?.dataset.writes;
  if (!name) return;
  field.setRangeText(name, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
