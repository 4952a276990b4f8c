// Shows what others bought with a product, once the server has found out.

export async function startGoesWith(section) {
  if (!section) return;
  const response = await fetch(section.dataset.goesWith, { headers: { Accept: "application/json" } });
  const { products } = await response.json();
  showProducts(section, products);
}

function showProducts(section, products) {
  section.hidden = products.length === 0;
  section.querySelector("ul").replaceChildren(...products.map((product) => card(product, section.dataset.goods)));
}

function card(product, goods) {
  const item = document.createElement("li");
  item.className = "card";
  const link = document.createElement("a");
  link.href = product.url;
  link.append(picture(product.category, goods), text("strong", product.name));
  item.append(link, text("span", `£${product.price}`));
  return item;
}

function text(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}

function picture(category, goods) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.classList.add("picture", category);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${goods}#${category}`);
  svg.append(use);
  return svg;
}
