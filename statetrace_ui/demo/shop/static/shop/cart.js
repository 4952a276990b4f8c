// Adds to the cart without leaving the page; whoever is not signed in is sent to do that first.

export function startCart(form) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    if (response.redirected) location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname)}`);
    else showSize(form, await response.json());
  });
}

function showSize(form, { size }) {
  document.querySelector("[data-cart-size]").textContent = size;
  form.querySelector("[data-added]").textContent = "In your cart.";
}
