/** Numbers with the noun they count, for people. */

/** `1 file`, `2 files`, `2 directories`; `plural` is for nouns that follow neither pattern. */
export function count(amount: number, noun: string, plural = pluralOf(noun)): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

function pluralOf(noun: string): string {
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
