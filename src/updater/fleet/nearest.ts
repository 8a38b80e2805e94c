/** The word that was probably meant, or undefined. */
export function nearest(name: string, words: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  let best: { word: string; distance: number } | undefined;
  for (const word of words) {
    const other = word.toLowerCase();
    const begins =
      Math.min(lower.length, other.length) >= 4 && (lower.startsWith(other) || other.startsWith(lower));
    const distance = begins ? 1 : edits(lower.slice(0, 40), other);
    if (distance <= Math.max(1, Math.floor(other.length / 3)) && distance < (best?.distance ?? Infinity))
      best = { word, distance };
  }
  return best?.word;
}

/** Letters changed, added, left out or swapped with their neighbour. */
function edits(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
