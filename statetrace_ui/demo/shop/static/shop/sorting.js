// Brings the cards into order. The fast variant sorts an array and moves every card once. The slow one swaps
// neighbours in the page itself and looks after every swap where they have come to lie, so that the browser must lay
// the page out each time: O(n²) layouts.

const ORDERS = {
  name: (a, b) => a.name.localeCompare(b.name),
  cheap: (a, b) => a.price - b.price,
  dear: (a, b) => b.price - a.price,
};

export function sortCards(grid, cards, order) {
  const compare = ORDERS[order] ?? ORDERS.name;
  if (document.body.dataset.variant === "slow") swapUntilSorted(grid, cards, compare);
  else sortAtOnce(grid, cards, compare);
}

function sortAtOnce(grid, cards, compare) {
  cards.sort(compare);
  grid.append(...cards.map((card) => card.element));
}

function swapUntilSorted(grid, cards, compare) {
  for (let end = cards.length; end > 1; end--) {
    for (let i = 1; i < end; i++) {
      if (compare(cards[i - 1], cards[i]) > 0) swapNeighbours(grid, cards, i);
      keepHeight(grid, cards[i].element);
    }
  }
}

function swapNeighbours(grid, cards, i) {
  [cards[i - 1], cards[i]] = [cards[i], cards[i - 1]];
  grid.insertBefore(cards[i - 1].element, cards[i].element);
}

function keepHeight(grid, element) {
  const bottom = element.getBoundingClientRect().bottom - grid.getBoundingClientRect().top;
  grid.style.setProperty("min-height", `${Math.max(bottom, grid.offsetHeight)}px`);
}
