// Groups the digits of a card number and checks its last one. The number is never sent: its input has no name.

export function startCard(form) {
  const input = form?.querySelector("[data-card]");
  input?.addEventListener("input", () => {
    input.value = grouped(digits(input.value));
    const valid = isValid(digits(input.value));
    input.setCustomValidity(valid ? "" : "This card number has a wrong digit.");
    form.querySelector("[data-card-state]").textContent = valid ? "Looks right." : "Not complete yet.";
  });
}

const digits = (text) => text.replace(/\D/g, "").slice(0, 16);
const grouped = (text) => text.replace(/(\d{4})(?=\d)/g, "$1 ");

// The check that Hans Peter Luhn came up with in 1954.
function isValid(number) {
  const sum = [...number].reverse().reduce((total, digit, place) => total + weighted(Number(digit), place), 0);
  return number.length === 16 && sum % 10 === 0;
}

function weighted(digit, place) {
  const doubled = place % 2 ? digit * 2 : digit;
  return doubled > 9 ? doubled - 9 : doubled;
}
