// How well a product's words answer what was asked; forgives one wrong letter.

export function words(text) {
  return (
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .match(/[a-z0-9]+/g) ?? []
  );
}

// 0 unless every word that was asked is in it, more the better it is.
export function score(has, asked) {
  let total = 0;
  for (const word of asked) {
    const best = Math.max(0, ...has.map((other) => closeness(other, word)));
    if (best === 0) return 0;
    total += best;
  }
  return total;
}

function closeness(word, asked) {
  if (word.startsWith(asked)) return asked.length / word.length + 1;
  return asked.length > 3 && editDistance(word, asked) <= 1 ? 0.5 : 0;
}

function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
