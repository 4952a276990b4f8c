// A form with [data-passkey] asks the browser to make or use a passkey, and is sent with its answer. What the browser
// is asked for stands in data-options, as the WebAuthn standard writes it in JSON.
const failures = {
  InvalidStateError: "This device has a passkey of yours already.",
  NotAllowedError: "It was cancelled, or took too long. Try again.",
  SecurityError: "Passkeys need https and the site's own name.",
};

async function answered(form) {
  const options = JSON.parse(form.dataset.options);
  if (form.dataset.passkey === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

async function send(form) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const credential = await answered(form);
    form.elements.answer.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    failed.textContent = failures[error.name] ?? "This browser does not know passkeys.";
    failed.hidden = false;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-passkey]")) return;
  event.preventDefault();
  send(event.target);
});
