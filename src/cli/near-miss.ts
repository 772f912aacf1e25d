/** Guesses which word was meant by a misspelt one. */

/**
 * The words of `words` that `text` is nearest to, in their order: one letter wrong, missing, too many or
 * swapped with the next, two in a long word. None when none is near. Dashes before an option do not count.
 */
export function nearestWords(text: string, words: readonly string[]): readonly string[] {
  const length = text.replace(/^-+/, '').length;
  const most = length >= 6 ? 2 : length >= 3 ? 1 : 0;
  const found = words.map((word) => ({ word, distance: editDistance(text, word) }));
  const least = Math.min(most, ...found.map(({ distance }) => distance));
  return found.filter(({ distance }) => distance === least).map(({ word }) => word);
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const least = Math.min(
        (rows[i - 1]?.[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (rows[i - 1]?.[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity,
      );
      row.push(least);
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
